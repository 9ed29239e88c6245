import 'dart:async';

import 'package:flutter/material.dart';
import 'package:go_router/go_router.dart';

import '../../domain/models/order.dart';
import '../../routing/opening.dart';
import '../../routing/routes.dart';
import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/widgets/cart_bar.dart';
import '../core/widgets/load_view.dart';
import '../core/widgets/order_pieces.dart';
import '../core/widgets/panel.dart';
import '../core/widgets/shop_scaffold.dart';
import 'confirmation_view_model.dart';

/// The confirmation of an order: its number, its items, and a link to the tracking.
class ConfirmationScreen extends StatefulWidget {
  const ConfirmationScreen({super.key, required this.viewModel});

  final ConfirmationViewModel viewModel;

  @override
  State<ConfirmationScreen> createState() => _ConfirmationScreenState();
}

class _ConfirmationScreenState extends State<ConfirmationScreen> {
  @override
  void initState() {
    super.initState();
    unawaited(widget.viewModel.load.execute());
  }

  @override
  Widget build(BuildContext context) {
    final viewModel = widget.viewModel;
    return ListenableBuilder(
      listenable: viewModel,
      builder: (context, _) => ShopScaffold(
        actions: const [CartButton()],
        body: PageBody(
          maxWidth: 560,
          onRefresh: viewModel.load.execute,
          children: [
            if (viewModel.isMissingOrder)
              const OrderGone()
            else
              LoadView<Order>(
                value: viewModel.order,
                error: viewModel.error,
                onRetry: () => unawaited(viewModel.load.execute()),
                builder: (context, order) => _Confirmed(order),
              ),
          ],
        ),
      ),
    );
  }
}

class _Confirmed extends StatelessWidget {
  const _Confirmed(this.order);

  final Order order;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    final styles = Theme.of(context).textTheme;
    return Column(
      children: [
        const SizedBox(height: Tokens.space4),
        CircleAvatar(
          radius: 36,
          backgroundColor: colors.primary,
          child: Icon(Icons.check, size: Tokens.space10, color: colors.onPrimary),
        ),
        const SizedBox(height: Tokens.space4),
        Heading(Texts.orderPlaced, style: styles.headlineMedium, live: true),
        const SizedBox(height: Tokens.space1),
        Text(
          Texts.placedLine(orderNumber(order.orderId), promisedAt(order.createdAt)),
          style: styles.bodyLarge?.copyWith(color: colors.muted),
          textAlign: TextAlign.center,
        ),
        const SizedBox(height: Tokens.space4),
        Wrap(
          spacing: Tokens.space2,
          runSpacing: Tokens.space2,
          alignment: WrapAlignment.center,
          children: [
            FilledButton.icon(
              onPressed: () => context.openInstead(Routes.trackingOf(order.orderId)),
              icon: const Icon(Icons.delivery_dining),
              label: const Text(Texts.trackOrder),
            ),
            OutlinedButton(
              onPressed: () => context.go(Routes.home),
              child: const Text(Texts.keepShopping),
            ),
          ],
        ),
        const SizedBox(height: Tokens.space6),
        ItemsPanel(order),
      ],
    );
  }
}
