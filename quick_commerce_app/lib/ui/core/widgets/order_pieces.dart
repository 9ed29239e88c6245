import 'package:flutter/material.dart';
import 'package:go_router/go_router.dart';

import '../../../domain/models/order.dart';
import '../../../routing/routes.dart';
import '../../../utils/dates.dart';
import '../../../utils/money.dart';
import '../texts.dart';
import '../tokens.dart';
import '../words.dart';
import 'panel.dart';
import 'states.dart';

/// The expected time of delivery.
String promisedAt(DateTime createdAt) =>
    timeOfDay(createdAt.add(const Duration(minutes: Texts.deliveryMinutes)));

/// A status as a pill: an icon and a text, not colour alone.
class StatusPill extends StatelessWidget {
  const StatusPill(this.status, {super.key});

  final OrderStatus status;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    final words = StatusWords.of(status);
    final ended = status == OrderStatus.cancelled;
    final ink = ended ? colors.danger : colors.text;
    return Container(
      padding: const EdgeInsets.symmetric(horizontal: Tokens.space3, vertical: Tokens.space1),
      decoration: BoxDecoration(
        color: ended ? colors.dangerTint : colors.tint,
        borderRadius: BorderRadius.circular(Tokens.radiusRound),
      ),
      child: Row(
        mainAxisSize: MainAxisSize.min,
        children: [
          Icon(words.icon, size: Tokens.text16, color: ink),
          const SizedBox(width: Tokens.space1),
          Flexible(
            child: Text(
              words.label,
              style: Theme.of(context).textTheme.labelSmall?.copyWith(color: ink),
            ),
          ),
        ],
      ),
    );
  }
}

/// A name on the left, an amount on the right.
class SumRow extends StatelessWidget {
  const SumRow(this.name, this.value, {super.key, this.style, this.valueColor});

  final String name;
  final String value;
  final TextStyle? style;
  final Color? valueColor;

  @override
  Widget build(BuildContext context) {
    final shown = style ?? Theme.of(context).textTheme.bodyLarge;
    return MergeSemantics(
      child: Padding(
        padding: const EdgeInsets.symmetric(vertical: Tokens.space1),
        child: Row(
          crossAxisAlignment: CrossAxisAlignment.start,
          children: [
            Expanded(child: Text(name, style: shown)),
            const SizedBox(width: Tokens.space3),
            Flexible(
              fit: FlexFit.tight,
              child: Text(
                value,
                style: shown?.copyWith(color: valueColor),
                textAlign: TextAlign.end,
              ),
            ),
          ],
        ),
      ),
    );
  }
}

/// The lines of an order and their prices.
class ItemsPanel extends StatelessWidget {
  const ItemsPanel(this.order, {super.key});

  final Order order;

  @override
  Widget build(BuildContext context) {
    final styles = Theme.of(context).textTheme;
    return Panel(
      child: Column(
        crossAxisAlignment: CrossAxisAlignment.stretch,
        children: [
          const Heading(Texts.yourItems),
          const SizedBox(height: Tokens.space2),
          for (final item in order.items)
            SumRow(
              '${item.quantity} × ${item.name ?? Texts.aProduct}',
              money(item.sum),
              style: styles.bodyMedium,
            ),
          const Divider(),
          SumRow(Texts.total, money(order.total), style: styles.titleMedium),
        ],
      ),
    );
  }
}

/// The screen for an order that does not exist or belongs to another user.
class OrderGone extends StatelessWidget {
  const OrderGone({super.key});

  @override
  Widget build(BuildContext context) => EmptyState(
    icon: Icons.receipt_long_outlined,
    title: Texts.noSuchOrder,
    text: Texts.noSuchOrderText,
    actions: [
      FilledButton(onPressed: () => context.go(Routes.orders), child: const Text(Texts.yourOrders)),
    ],
  );
}
