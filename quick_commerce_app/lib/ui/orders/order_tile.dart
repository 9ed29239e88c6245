import 'dart:async';

import 'package:flutter/material.dart';

import '../../domain/models/order.dart';
import '../../routing/opening.dart';
import '../../routing/routes.dart';
import '../../utils/dates.dart';
import '../../utils/money.dart';
import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/widgets/order_pieces.dart';
import '../core/widgets/panel.dart';
import '../core/widgets/product_picture.dart';
import '../core/words.dart';
import 'orders_view_model.dart';

/// A past or an active order.
class OrderTile extends StatefulWidget {
  const OrderTile({super.key, required this.order, required this.viewModel, required this.onAgain});

  final OrderSummary order;
  final OrdersViewModel viewModel;
  final VoidCallback onAgain;

  @override
  State<OrderTile> createState() => _OrderTileState();
}

class _OrderTileState extends State<OrderTile> {
  @override
  void initState() {
    super.initState();
    unawaited(widget.viewModel.needDetails(widget.order));
  }

  @override
  void didUpdateWidget(OrderTile old) {
    super.didUpdateWidget(old);
    // A list that was read again has no details; details in progress are not requested again.
    unawaited(widget.viewModel.needDetails(widget.order));
  }

  @override
  Widget build(BuildContext context) {
    final order = widget.order;
    final details = widget.viewModel.detailsOf(order.orderId);
    final styles = Theme.of(context).textTheme;
    return Panel(
      child: Column(
        crossAxisAlignment: CrossAxisAlignment.start,
        children: [
          _head(details),
          const SizedBox(height: Tokens.space3),
          _Thumbs(order, widget.viewModel.picturesOf(order)),
          const SizedBox(height: Tokens.space2),
          Text(_names(details), style: styles.bodyMedium),
          Text(money(order.total), style: styles.titleMedium),
          const SizedBox(height: Tokens.space3),
          _actions(details),
        ],
      ),
    );
  }

  Widget _head(Order? details) {
    final order = widget.order;
    final styles = Theme.of(context).textTheme;
    return SizedBox(
      width: double.infinity,
      child: Wrap(
        alignment: WrapAlignment.spaceBetween,
        spacing: Tokens.space2,
        runSpacing: Tokens.space1,
        children: [
          Column(
            crossAxisAlignment: CrossAxisAlignment.start,
            children: [
              Heading(orderNumber(order.orderId), style: styles.titleMedium),
              Text(momentOf(order.createdAt), style: styles.bodySmall),
            ],
          ),
          if (details != null) StatusPill(details.status),
        ],
      ),
    );
  }

  String _names(Order? details) {
    if (details == null) return Texts.plural(widget.order.items.length, 'product');
    return listed([for (final item in details.items) item.name ?? Texts.aProduct]);
  }

  Widget _actions(Order? details) {
    final order = widget.order;
    final number = orderNumber(order.orderId);
    final underWay = details != null && !details.status.isEnded;
    return Wrap(
      spacing: Tokens.space2,
      runSpacing: Tokens.space2,
      children: [
        OutlinedButton(
          onPressed: () => context.open(Routes.trackingOf(order.orderId)),
          child: Text(
            underWay ? Texts.track : Texts.details,
            semanticsLabel: underWay ? Texts.trackNumber(number) : Texts.detailsOf(number),
          ),
        ),
        FilledButton.icon(
          onPressed: widget.viewModel.again.running ? null : widget.onAgain,
          icon: const Icon(Icons.refresh),
          label: Text(Texts.orderAgain, semanticsLabel: Texts.orderAgainNumber(number)),
        ),
      ],
    );
  }
}

/// Small pictures of the first products of an order.
class _Thumbs extends StatelessWidget {
  const _Thumbs(this.order, this.pictures);

  final OrderSummary order;
  final List<String> pictures;

  @override
  Widget build(BuildContext context) {
    final rest = order.items.length - pictures.length;
    final colors = context.colors;
    return ExcludeSemantics(
      child: Wrap(
        spacing: Tokens.space1,
        runSpacing: Tokens.space1,
        crossAxisAlignment: WrapCrossAlignment.center,
        children: [
          for (final picture in pictures)
            Container(
              padding: const EdgeInsets.all(Tokens.space1),
              decoration: BoxDecoration(
                color: colors.surface,
                borderRadius: BorderRadius.circular(Tokens.radiusControl),
              ),
              child: ProductPicture(picture, size: Tokens.space10),
            ),
          if (rest > 0) Text('+$rest', style: Theme.of(context).textTheme.labelMedium),
        ],
      ),
    );
  }
}
