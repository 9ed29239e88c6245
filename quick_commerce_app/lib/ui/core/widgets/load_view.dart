import 'package:flutter/material.dart';

import '../../../domain/models/api_error.dart';
import '../tokens.dart';
import 'states.dart';

/// The loaded content; before that a skeleton or an error.
class LoadView<T extends Object> extends StatelessWidget {
  const LoadView({
    super.key,
    required this.value,
    required this.error,
    required this.onRetry,
    required this.builder,
    this.skeleton = const SkeletonLines(),
  });

  /// Null while it isn't loaded.
  final T? value;
  final ApiError? error;
  final VoidCallback onRetry;
  final Widget Function(BuildContext context, T value) builder;
  final Widget skeleton;

  @override
  Widget build(BuildContext context) {
    final value = this.value;
    if (value != null) return builder(context, value);
    final error = this.error;
    // Without a session the router opens the login.
    if (error == null || error is Unauthorised) return skeleton;
    return ErrorState(error: error, onRetry: onRetry);
  }
}

/// A screen's scrolling content of a readable width, which can be pulled to refresh.
class PageBody extends StatelessWidget {
  const PageBody({super.key, required this.children, this.onRefresh, this.maxWidth = 720});

  final List<Widget> children;
  final Future<void> Function()? onRefresh;
  final double maxWidth;

  @override
  Widget build(BuildContext context) {
    final refresh = onRefresh;
    // The end of the content is above the device's own bar.
    final below = EdgeInsets.only(bottom: MediaQuery.paddingOf(context).bottom);
    final content = SingleChildScrollView(
      physics: const AlwaysScrollableScrollPhysics(),
      padding: const EdgeInsets.all(Tokens.space4) + below,
      child: Center(
        child: ConstrainedBox(
          constraints: BoxConstraints(maxWidth: maxWidth),
          child: Column(crossAxisAlignment: CrossAxisAlignment.stretch, children: children),
        ),
      ),
    );
    return refresh == null ? content : RefreshIndicator(onRefresh: refresh, child: content);
  }
}

/// The same for a list, whose items are built as they come into sight.
class PageList extends StatelessWidget {
  const PageList({
    super.key,
    required this.count,
    required this.builder,
    required this.onRefresh,
    this.maxWidth = 720,
  });

  final int count;
  final IndexedWidgetBuilder builder;
  final Future<void> Function() onRefresh;
  final double maxWidth;

  @override
  Widget build(BuildContext context) {
    final below = EdgeInsets.only(bottom: MediaQuery.paddingOf(context).bottom);
    return RefreshIndicator(
      onRefresh: onRefresh,
      child: ListView.builder(
        physics: const AlwaysScrollableScrollPhysics(),
        padding: const EdgeInsets.all(Tokens.space4) + below,
        itemCount: count,
        itemBuilder: (context, index) => Center(
          child: ConstrainedBox(
            constraints: BoxConstraints(maxWidth: maxWidth),
            child: builder(context, index),
          ),
        ),
      ),
    );
  }
}
