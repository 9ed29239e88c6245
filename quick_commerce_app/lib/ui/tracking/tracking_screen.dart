import 'dart:async';

import 'package:flutter/material.dart';
import 'package:go_router/go_router.dart';

import '../../domain/models/order.dart';
import '../../routing/routes.dart';
import '../../utils/dates.dart';
import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/widgets/load_view.dart';
import '../core/widgets/messages.dart';
import '../core/widgets/order_pieces.dart';
import '../core/widgets/panel.dart';
import '../core/widgets/shop_scaffold.dart';
import '../core/words.dart';
import 'connection_pill.dart';
import 'road.dart';
import 'timeline.dart';
import 'tracking_view_model.dart';

/// The tracking of an order: its steps, updated live.
class TrackingScreen extends StatefulWidget {
  const TrackingScreen({super.key, required this.viewModel});

  final TrackingViewModel viewModel;

  @override
  State<TrackingScreen> createState() => _TrackingScreenState();
}

class _TrackingScreenState extends State<TrackingScreen> {
  late final AppLifecycleListener _lifecycle;

  @override
  void initState() {
    super.initState();
    _lifecycle = AppLifecycleListener(
      onHide: widget.viewModel.rest,
      onShow: () => unawaited(widget.viewModel.wake()),
    );
    unawaited(widget.viewModel.load.execute());
  }

  @override
  void dispose() {
    _lifecycle.dispose();
    super.dispose();
  }

  Future<void> _cancel() async {
    final sure = await showDialog<bool>(
      context: context,
      builder: (context) => const _CancelDialog(),
    );
    if (sure != true || !mounted) return;
    final viewModel = widget.viewModel;
    await viewModel.cancel.execute();
    if (!mounted) return;
    final error = viewModel.cancel.error;
    showMessage(ScaffoldMessenger.of(context), error == null ? Texts.cancelled : sentence(error));
  }

  @override
  Widget build(BuildContext context) {
    final viewModel = widget.viewModel;
    return ListenableBuilder(
      listenable: viewModel,
      builder: (context, _) => ShopScaffold(
        title: Texts.yourOrder,
        body: PageBody(
          onRefresh: viewModel.load.execute,
          children: [
            if (viewModel.isMissingOrder)
              const OrderGone()
            else
              LoadView<Order>(
                value: viewModel.order,
                error: viewModel.error,
                onRetry: () => unawaited(viewModel.load.execute()),
                builder: _order,
              ),
          ],
        ),
      ),
    );
  }

  Widget _order(BuildContext context, Order order) {
    final viewModel = widget.viewModel;
    final styles = Theme.of(context).textTheme;
    return Column(
      crossAxisAlignment: CrossAxisAlignment.stretch,
      children: [
        Align(
          alignment: AlignmentDirectional.centerEnd,
          child: ConnectionPill(viewModel.connection),
        ),
        const SizedBox(height: Tokens.space2),
        Panel(
          child: Column(
            crossAxisAlignment: CrossAxisAlignment.stretch,
            children: [
              _Headline(order),
              const SizedBox(height: Tokens.space4),
              Road(order.status),
              const SizedBox(height: Tokens.space4),
              Timeline(order),
              ..._actions(order),
            ],
          ),
        ),
        const SizedBox(height: Tokens.space4),
        ItemsPanel(order),
        const SizedBox(height: Tokens.space3),
        Text(
          '${Texts.order(orderNumber(order.orderId))} · ${momentOf(order.createdAt)}',
          style: styles.bodySmall,
        ),
      ],
    );
  }

  List<Widget> _actions(Order order) {
    final viewModel = widget.viewModel;
    if (viewModel.canCancel) {
      final running = viewModel.cancel.running;
      return [
        const SizedBox(height: Tokens.space3),
        OutlinedButton(
          key: const ValueKey('cancel'),
          style: OutlinedButton.styleFrom(foregroundColor: context.colors.danger),
          onPressed: running ? null : _cancel,
          child: Text(running ? Texts.cancelling : Texts.cancelOrder),
        ),
      ];
    }
    if (!order.status.isEnded) return const [];
    return [
      const SizedBox(height: Tokens.space3),
      FilledButton(onPressed: () => context.go(Routes.home), child: const Text(Texts.shopAgain)),
    ];
  }
}

/// The status as a text; screen readers announce a change.
class _Headline extends StatelessWidget {
  const _Headline(this.order);

  final Order order;

  @override
  Widget build(BuildContext context) {
    final styles = Theme.of(context).textTheme;
    final words = StatusWords.of(order.status);
    final when = order.status.isEnded ? '' : Texts.atYourDoorBy(promisedAt(order.createdAt));
    return Column(
      crossAxisAlignment: CrossAxisAlignment.start,
      children: [
        Heading(words.title, style: styles.headlineMedium, live: true),
        const SizedBox(height: Tokens.space1),
        Text(
          [words.text, when].where((part) => part.isNotEmpty).join(' '),
          style: styles.bodyLarge?.copyWith(color: context.colors.muted),
        ),
      ],
    );
  }
}

class _CancelDialog extends StatelessWidget {
  const _CancelDialog();

  @override
  Widget build(BuildContext context) => AlertDialog(
    scrollable: true,
    title: const Text(Texts.cancelAsk),
    content: const Text(Texts.cancelAskText),
    actions: [
      TextButton(
        onPressed: () => Navigator.of(context).pop(false),
        child: const Text(Texts.keepIt),
      ),
      FilledButton(
        style: FilledButton.styleFrom(
          backgroundColor: context.colors.danger,
          foregroundColor: context.colors.onDanger,
        ),
        onPressed: () => Navigator.of(context).pop(true),
        child: const Text(Texts.cancelOrder),
      ),
    ],
  );
}
