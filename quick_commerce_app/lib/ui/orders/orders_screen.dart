import 'dart:async';

import 'package:flutter/material.dart';
import 'package:go_router/go_router.dart';

import '../../domain/models/order.dart';
import '../../routing/opening.dart';
import '../../routing/routes.dart';
import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/widgets/load_view.dart';
import '../core/widgets/messages.dart';
import '../core/widgets/panel.dart';
import '../core/widgets/shop_scaffold.dart';
import '../core/widgets/states.dart';
import '../core/words.dart';
import 'order_tile.dart';
import 'orders_view_model.dart';

/// Past orders.
class OrdersScreen extends StatefulWidget {
  const OrdersScreen({super.key, required this.viewModel});

  final OrdersViewModel viewModel;

  @override
  State<OrdersScreen> createState() => _OrdersScreenState();
}

class _OrdersScreenState extends State<OrdersScreen> {
  @override
  void initState() {
    super.initState();
    unawaited(widget.viewModel.load.execute());
  }

  Future<void> _refresh() async {
    final viewModel = widget.viewModel;
    await viewModel.load.execute();
    final error = viewModel.error;
    if (!mounted || error == null || viewModel.list == null) return;
    showMessage(ScaffoldMessenger.of(context), sentence(error));
  }

  Future<void> _again(OrderSummary order) async {
    final command = widget.viewModel.again;
    await command.execute(order);
    if (!mounted) return;
    final messenger = ScaffoldMessenger.of(context);
    final error = command.error;
    if (error != null) showMessage(messenger, sentence(error));
    final report = command.result?.valueOrNull;
    if (report == null) return;
    showMessage(messenger, report.text);
    if (report.some) context.open(Routes.cart);
  }

  @override
  Widget build(BuildContext context) {
    final viewModel = widget.viewModel;
    return ListenableBuilder(
      listenable: viewModel,
      builder: (context, _) => ShopScaffold(
        title: Texts.yourOrders,
        body: viewModel.list?.isNotEmpty ?? false ? _list(viewModel) : _bare(viewModel),
      ),
    );
  }

  Widget _bare(OrdersViewModel viewModel) => PageBody(
    onRefresh: _refresh,
    children: [
      LoadView<List<OrderSummary>>(
        value: viewModel.list,
        error: viewModel.error,
        onRetry: () => unawaited(viewModel.load.execute()),
        builder: (context, orders) => const _Empty(),
      ),
    ],
  );

  // Orders are built, and their details read, when they become visible.
  Widget _list(OrdersViewModel viewModel) {
    final orders = viewModel.list ?? const <OrderSummary>[];
    return PageList(
      onRefresh: _refresh,
      count: orders.length + 1,
      builder: (context, index) =>
          index < orders.length ? _tile(orders[index]) : _OlderOrders(viewModel),
    );
  }

  Widget _tile(OrderSummary order) => Padding(
    padding: const EdgeInsets.only(bottom: Tokens.space3),
    child: OrderTile(
      key: ValueKey('order-${order.orderId}'),
      order: order,
      viewModel: widget.viewModel,
      onAgain: () => _again(order),
    ),
  );
}

/// The button for older orders, if there are any.
class _OlderOrders extends StatelessWidget {
  const _OlderOrders(this.viewModel);

  final OrdersViewModel viewModel;

  @override
  Widget build(BuildContext context) {
    final error = viewModel.more.error;
    final running = viewModel.more.running;
    return Column(
      crossAxisAlignment: CrossAxisAlignment.stretch,
      children: [
        if (error != null) Problem(text: sentence(error), requestId: error.requestId),
        if (viewModel.hasMore)
          OutlinedButton(
            onPressed: running ? null : () => unawaited(viewModel.more.execute()),
            child: Text(running ? Texts.loading : Texts.olderOrders),
          ),
      ],
    );
  }
}

class _Empty extends StatelessWidget {
  const _Empty();

  @override
  Widget build(BuildContext context) => EmptyState(
    icon: Icons.receipt_long_outlined,
    title: Texts.noOrders,
    text: Texts.noOrdersText,
    actions: [
      FilledButton(onPressed: () => context.go(Routes.home), child: const Text(Texts.browse)),
    ],
  );
}
