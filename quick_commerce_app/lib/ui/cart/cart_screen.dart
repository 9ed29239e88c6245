import 'dart:async';

import 'package:flutter/material.dart';
import 'package:go_router/go_router.dart';

import '../../domain/models/api_error.dart';
import '../../domain/models/cart.dart';
import '../../routing/opening.dart';
import '../../routing/routes.dart';
import '../../utils/money.dart';
import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/widgets/forms.dart';
import '../core/widgets/load_view.dart';
import '../core/widgets/order_pieces.dart';
import '../core/widgets/panel.dart';
import '../core/widgets/shop_scaffold.dart';
import '../core/widgets/states.dart';
import 'cart_line_tile.dart';
import 'cart_view_model.dart';

/// The cart: its lines, the bill, and the order.
class CartScreen extends StatefulWidget {
  const CartScreen({super.key, required this.viewModel});

  final CartViewModel viewModel;

  @override
  State<CartScreen> createState() => _CartScreenState();
}

class _CartScreenState extends State<CartScreen> {
  bool _left = false;

  @override
  void initState() {
    super.initState();
    widget.viewModel.addListener(_goOn);
    // Other screens show the cart, too, and can't be notified during the build of this one.
    WidgetsBinding.instance.addPostFrameCallback((_) {
      if (mounted) unawaited(widget.viewModel.look());
    });
  }

  @override
  void dispose() {
    widget.viewModel.removeListener(_goOn);
    super.dispose();
  }

  /// Shows the confirmation also if the user has left the cart meanwhile.
  Future<void> _place() async {
    final viewModel = widget.viewModel;
    final router = GoRouter.of(context);
    await viewModel.placeOrder.execute();
    final placed = viewModel.placed;
    if (placed != null && !mounted && !_left) router.go(Routes.confirmedOf(placed.orderId));
  }

  void _goOn() {
    final placed = widget.viewModel.placed;
    if (placed == null || _left || !mounted) return;
    _left = true;
    context.go(Routes.confirmedOf(placed.orderId));
  }

  @override
  Widget build(BuildContext context) {
    final viewModel = widget.viewModel;
    return ListenableBuilder(
      listenable: viewModel,
      builder: (context, _) {
        final filled = viewModel.cart.lines.isNotEmpty;
        return ShopScaffold(
          title: Texts.yourCart,
          actions: const [],
          bottom: filled ? _PlaceBar(viewModel: viewModel, onPlace: _place) : null,
          body: PageBody(
            onRefresh: viewModel.look,
            children: filled ? _filled(viewModel) : [_Bare(viewModel)],
          ),
        );
      },
    );
  }

  List<Widget> _filled(CartViewModel viewModel) => [
    Hint(Texts.atYourDoor, icon: Icons.schedule, color: context.colors.muted),
    const SizedBox(height: Tokens.space4),
    Panel(
      padding: const EdgeInsets.symmetric(horizontal: Tokens.space4),
      child: Column(
        children: [
          for (final (index, line) in viewModel.cart.lines.indexed) ...[
            if (index > 0) const Divider(height: 1),
            CartLineTile(
              key: ValueKey('line-${line.productId}'),
              line: line,
              trouble: viewModel.troubleOf(line),
              oldPrice: viewModel.oldPriceOf(line),
              onTakeWhatThereIs: () => viewModel.takeWhatThereIs(line),
            ),
          ],
        ],
      ),
    ),
    const SizedBox(height: Tokens.space4),
    _Bill(viewModel.cart),
  ];
}

/// The states without lines: loading, failed, or empty.
class _Bare extends StatelessWidget {
  const _Bare(this.viewModel);

  final CartViewModel viewModel;

  @override
  Widget build(BuildContext context) {
    final error = viewModel.error;
    if (error == null && viewModel.cart.loaded) return const _Empty();
    if (error != null && error is! Unauthorised) {
      return ErrorState(error: error, onRetry: () => unawaited(viewModel.look()));
    }
    return const SkeletonLines();
  }
}

class _Empty extends StatelessWidget {
  const _Empty();

  @override
  Widget build(BuildContext context) => EmptyState(
    icon: Icons.shopping_basket_outlined,
    title: Texts.cartEmpty,
    text: Texts.cartEmptyText,
    actions: [
      FilledButton(onPressed: () => context.go(Routes.home), child: const Text(Texts.browse)),
      OutlinedButton(
        onPressed: () => context.open(Routes.orders),
        child: const Text(Texts.orderAgain),
      ),
    ],
  );
}

/// The bill: all costs, before the order.
class _Bill extends StatelessWidget {
  const _Bill(this.cart);

  final Cart cart;

  @override
  Widget build(BuildContext context) {
    final styles = Theme.of(context).textTheme;
    return Panel(
      child: Column(
        crossAxisAlignment: CrossAxisAlignment.stretch,
        children: [
          const Heading(Texts.bill),
          const SizedBox(height: Tokens.space2),
          SumRow(Texts.items(cart.count), money(cart.total)),
          SumRow(Texts.delivery, Texts.free, valueColor: context.colors.primary),
          const Divider(),
          SumRow(Texts.toPay, money(cart.total), style: styles.titleLarge),
          const SizedBox(height: Tokens.space2),
          Text(Texts.noOtherFees, style: styles.bodySmall),
        ],
      ),
    );
  }
}

/// The order's button at the lower edge, and above it the reasons against the order.
class _PlaceBar extends StatelessWidget {
  const _PlaceBar({required this.viewModel, required this.onPlace});

  final CartViewModel viewModel;
  final VoidCallback onPlace;

  @override
  Widget build(BuildContext context) {
    final notice = viewModel.notice;
    return Material(
      color: context.colors.background,
      shape: Border(top: BorderSide(color: context.colors.line)),
      child: SafeArea(
        top: false,
        child: ConstrainedBox(
          constraints: BoxConstraints(maxHeight: MediaQuery.sizeOf(context).height / 2),
          child: SingleChildScrollView(
            padding: const EdgeInsets.all(Tokens.space4),
            child: Column(
              mainAxisSize: MainAxisSize.min,
              crossAxisAlignment: CrossAxisAlignment.stretch,
              children: [
                if (notice != null) ...[
                  Problem(text: notice, requestId: viewModel.requestId),
                  const SizedBox(height: Tokens.space3),
                ] else if (viewModel.cart.isBlocked) ...[
                  const Hint(Texts.blocked),
                  const SizedBox(height: Tokens.space3),
                ],
                Semantics(
                  liveRegion: viewModel.placeOrder.running,
                  child: WideButton(
                    key: const ValueKey('place-order'),
                    label: viewModel.placeLabel,
                    onPressed: viewModel.canPlace ? onPlace : null,
                  ),
                ),
              ],
            ),
          ),
        ),
      ),
    );
  }
}
