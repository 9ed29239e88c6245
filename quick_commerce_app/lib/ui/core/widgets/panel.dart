import 'package:flutter/material.dart';

import '../texts.dart';
import '../tokens.dart';

/// A bordered box with round corners, as the storefront's panels.
class Panel extends StatelessWidget {
  const Panel({super.key, required this.child, this.padding = const EdgeInsets.all(Tokens.space4)});

  final Widget child;
  final EdgeInsetsGeometry padding;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    return Container(
      width: double.infinity,
      padding: padding,
      decoration: BoxDecoration(
        color: colors.card,
        border: Border.all(color: colors.line),
        borderRadius: BorderRadius.circular(Tokens.radiusCard),
      ),
      // Ripples of elements inside are drawn above the panel's colour.
      child: Material(type: MaterialType.transparency, child: child),
    );
  }
}

/// A heading, also for screen readers.
class Heading extends StatelessWidget {
  const Heading(this.text, {super.key, this.style, this.live = false});

  final String text;

  /// The theme's title style by default.
  final TextStyle? style;

  /// Whether screen readers announce a change.
  final bool live;

  @override
  Widget build(BuildContext context) => Semantics(
    header: true,
    liveRegion: live,
    child: Text(text, style: style ?? Theme.of(context).textTheme.titleLarge),
  );
}

/// An icon and a text on an obstacle: not colour alone.
class Hint extends StatelessWidget {
  const Hint(this.text, {super.key, this.icon = Icons.error_outline, this.color});

  final String text;
  final IconData icon;

  /// The colour of danger by default.
  final Color? color;

  @override
  Widget build(BuildContext context) {
    final shown = color ?? context.colors.danger;
    return Row(
      mainAxisSize: MainAxisSize.min,
      children: [
        Icon(icon, size: Tokens.text16, color: shown),
        const SizedBox(width: Tokens.space1),
        Flexible(
          child: Text(text, style: Theme.of(context).textTheme.labelSmall?.copyWith(color: shown)),
        ),
      ],
    );
  }
}

/// The error of a user's action, in place; screen readers announce it.
class Problem extends StatelessWidget {
  const Problem({super.key, required this.text, this.requestId = ''});

  final String text;

  /// Shown if it isn't empty.
  final String requestId;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    return Semantics(
      liveRegion: true,
      container: true,
      child: Container(
        width: double.infinity,
        padding: const EdgeInsets.all(Tokens.space3),
        decoration: BoxDecoration(
          color: colors.dangerTint,
          borderRadius: BorderRadius.circular(Tokens.radiusControl),
        ),
        child: Row(
          crossAxisAlignment: CrossAxisAlignment.start,
          children: [
            Icon(Icons.error_outline, color: colors.danger, size: Tokens.text20),
            const SizedBox(width: Tokens.space2),
            Expanded(
              child: Column(
                crossAxisAlignment: CrossAxisAlignment.start,
                children: [
                  Text(text, style: Theme.of(context).textTheme.bodyMedium),
                  if (requestId.isNotEmpty) RequestId(requestId),
                ],
              ),
            ),
          ],
        ),
      ),
    );
  }
}

/// The request id for support.
class RequestId extends StatelessWidget {
  const RequestId(this.id, {super.key});

  final String id;

  @override
  Widget build(BuildContext context) => Padding(
    padding: const EdgeInsets.only(top: Tokens.space2),
    child: Text(
      '${Texts.requestId} $id',
      style: Theme.of(context).textTheme.bodySmall?.copyWith(color: context.colors.text),
    ),
  );
}
