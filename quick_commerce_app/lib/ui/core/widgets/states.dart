import 'dart:async';

import 'package:flutter/material.dart';

import '../../../domain/models/api_error.dart';
import '../texts.dart';
import '../tokens.dart';
import '../words.dart';
import 'panel.dart';

/// Shows its child after a delay: content that loads at once needs no skeleton.
class Late extends StatefulWidget {
  const Late({super.key, required this.child, this.after = const Duration(milliseconds: 150)});

  final Widget child;
  final Duration after;

  @override
  State<Late> createState() => _LateState();
}

class _LateState extends State<Late> {
  Timer? _timer;
  bool _shown = false;

  @override
  void initState() {
    super.initState();
    _timer = Timer(widget.after, () => setState(() => _shown = true));
  }

  @override
  void dispose() {
    _timer?.cancel();
    super.dispose();
  }

  @override
  Widget build(BuildContext context) =>
      _shown ? widget.child : const SizedBox(width: double.infinity);
}

/// A grey placeholder of loading content.
class Bone extends StatelessWidget {
  const Bone({super.key, this.width, required this.height, this.radius = Tokens.radiusControl});

  final double? width;
  final double height;
  final double radius;

  @override
  Widget build(BuildContext context) => Container(
    width: width,
    height: height,
    decoration: BoxDecoration(
      color: context.colors.line,
      borderRadius: BorderRadius.circular(radius),
    ),
  );
}

/// Rows of grey placeholders, after a delay.
class SkeletonLines extends StatelessWidget {
  const SkeletonLines({super.key, this.count = 4});

  final int count;

  @override
  Widget build(BuildContext context) => Late(
    child: Semantics(
      container: true,
      label: Texts.loading,
      child: Column(
        children: [
          for (var index = 0; index < count; index++)
            const Padding(
              padding: EdgeInsets.symmetric(vertical: Tokens.space3),
              child: Row(
                children: [
                  Bone(width: 64, height: 64),
                  SizedBox(width: Tokens.space3),
                  Expanded(
                    child: Column(
                      crossAxisAlignment: CrossAxisAlignment.start,
                      children: [
                        Bone(height: Tokens.text16),
                        SizedBox(height: Tokens.space2),
                        Bone(width: 96, height: Tokens.text12),
                      ],
                    ),
                  ),
                ],
              ),
            ),
        ],
      ),
    ),
  );
}

/// An empty state with an action.
class EmptyState extends StatelessWidget {
  const EmptyState({
    super.key,
    required this.icon,
    required this.title,
    required this.text,
    this.actions = const [],
  });

  final IconData icon;
  final String title;
  final String text;
  final List<Widget> actions;

  @override
  Widget build(BuildContext context) =>
      _StateFrame(icon: icon, title: title, text: text, actions: actions);
}

/// A failure: a plain sentence, Retry, and the request id. With a wait that the shop requests it
/// retries by itself, and shows when.
class ErrorState extends StatefulWidget {
  const ErrorState({super.key, required this.error, required this.onRetry});

  final ApiError error;
  final VoidCallback onRetry;

  @override
  State<ErrorState> createState() => _ErrorStateState();
}

class _ErrorStateState extends State<ErrorState> {
  Timer? _timer;
  int _left = 0;

  @override
  void initState() {
    super.initState();
    _start();
  }

  @override
  void didUpdateWidget(ErrorState old) {
    super.didUpdateWidget(old);
    if (!identical(old.error, widget.error)) _start();
  }

  void _start() {
    _timer?.cancel();
    final error = widget.error;
    if (error is! TooMany) return;
    _left = error.retryAfter.inSeconds;
    _timer = Timer.periodic(const Duration(seconds: 1), (timer) {
      setState(() => _left--);
      if (_left > 0) return;
      timer.cancel();
      widget.onRetry();
    });
  }

  @override
  void dispose() {
    _timer?.cancel();
    super.dispose();
  }

  @override
  Widget build(BuildContext context) {
    final error = widget.error;
    final away = error is Offline && !error.timedOut;
    return _StateFrame(
      icon: away ? Icons.wifi_off : Icons.error_outline,
      title: away ? Texts.offlineTitle : Texts.errorTitle,
      text: sentence(error),
      more: error is TooMany && _left > 0 ? Texts.tryingAgainIn(_left) : null,
      actions: [
        FilledButton.icon(
          onPressed: widget.onRetry,
          icon: const Icon(Icons.refresh),
          label: const Text(Texts.retry),
        ),
      ],
      requestId: error.requestId,
    );
  }
}

class _StateFrame extends StatelessWidget {
  const _StateFrame({
    required this.icon,
    required this.title,
    required this.text,
    required this.actions,
    this.more,
    this.requestId = '',
  });

  final IconData icon;
  final String title;
  final String text;
  final String? more;
  final List<Widget> actions;
  final String requestId;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    final styles = Theme.of(context).textTheme;
    final more = this.more;
    return Center(
      child: Padding(
        padding: const EdgeInsets.all(Tokens.space6),
        child: Column(
          mainAxisSize: MainAxisSize.min,
          children: [
            CircleAvatar(
              radius: Tokens.space8,
              backgroundColor: colors.tint,
              child: Icon(icon, color: colors.primary, size: Tokens.space8),
            ),
            const SizedBox(height: Tokens.space4),
            Semantics(
              header: true,
              liveRegion: true,
              child: Text(title, style: styles.titleLarge, textAlign: TextAlign.center),
            ),
            const SizedBox(height: Tokens.space2),
            Text(
              text,
              style: styles.bodyLarge?.copyWith(color: colors.muted),
              textAlign: TextAlign.center,
            ),
            if (more != null)
              Text(
                more,
                style: styles.bodyMedium?.copyWith(color: colors.muted),
                textAlign: TextAlign.center,
              ),
            const SizedBox(height: Tokens.space4),
            Wrap(
              spacing: Tokens.space2,
              runSpacing: Tokens.space2,
              alignment: WrapAlignment.center,
              children: actions,
            ),
            if (requestId.isNotEmpty) RequestId(requestId),
          ],
        ),
      ),
    );
  }
}
