import 'package:flutter/material.dart';
import 'package:provider/provider.dart';

import '../../../domain/models/product.dart';
import '../../../domain/models/sellable.dart';
import '../../../routing/opening.dart';
import '../../../routing/routes.dart';
import '../../../utils/money.dart';
import '../basket_view_model.dart';
import '../tokens.dart';
import '../words.dart';
import 'panel.dart';
import 'product_picture.dart';
import 'quantity_control.dart';

/// A product in a list: the picture with its ADD, price, name and unit. It links to the product's
/// screen.
class ProductCard extends StatelessWidget {
  const ProductCard(this.product, {super.key});

  final Product product;

  /// The share of the picture in a card.
  static const double pictureHeight = 136;

  /// The height of a card at a text size: price, two lines of name, unit, hint.
  static double heightAt(TextScaler scaler) =>
      pictureHeight + Tokens.space2 + scaler.scale(Tokens.text14) * 7.2;

  @override
  Widget build(BuildContext context) {
    return Stack(
      children: [
        Positioned.fill(child: _CardLink(product)),
        Positioned(
          left: 0,
          right: Tokens.space1,
          top: pictureHeight - tapTarget - Tokens.space1,
          height: tapTarget,
          child: Align(alignment: Alignment.centerRight, child: QuantityControl(product)),
        ),
      ],
    );
  }
}

class _CardLink extends StatelessWidget {
  const _CardLink(this.product);

  final Product product;

  @override
  Widget build(BuildContext context) {
    void open() => context.open(Routes.productOf(product.productId));
    return Semantics(
      container: true,
      button: true,
      label: _label(context),
      onTap: open,
      excludeSemantics: true,
      child: InkWell(
        onTap: open,
        borderRadius: BorderRadius.circular(Tokens.radiusCard),
        child: Column(
          crossAxisAlignment: CrossAxisAlignment.start,
          children: [
            Container(
              height: ProductCard.pictureHeight,
              width: double.infinity,
              decoration: BoxDecoration(
                color: context.colors.surface,
                borderRadius: BorderRadius.circular(Tokens.radiusCard),
              ),
              alignment: const Alignment(0, -0.4),
              child: ProductPicture(product.imageUrl, size: 96, grey: product.ceiling == 0),
            ),
            const SizedBox(height: Tokens.space2),
            Expanded(child: _Facts(product)),
          ],
        ),
      ),
    );
  }

  String _label(BuildContext context) {
    final hint = _hintOf(context, product);
    return [
      product.name,
      money(product.price),
      if (product.unit.isNotEmpty) product.unit,
      if (hint.isNotEmpty) hint,
    ].join(', ');
  }
}

String _hintOf(BuildContext context, Product product) {
  final quantity = context.select<BasketViewModel, int>(
    (basket) => basket.quantityOf(product.productId),
  );
  return stockHint(product, quantity);
}

class _Facts extends StatelessWidget {
  const _Facts(this.product);

  final Product product;

  @override
  Widget build(BuildContext context) {
    final styles = Theme.of(context).textTheme;
    final hint = _hintOf(context, product);
    // An unavailable product shows it in place of ADD.
    final hinted = hint.isNotEmpty && product.ceiling > 0;
    return SingleChildScrollView(
      physics: const NeverScrollableScrollPhysics(),
      child: Column(
        crossAxisAlignment: CrossAxisAlignment.start,
        children: [
          Text(money(product.price), style: styles.titleSmall, maxLines: 1),
          Text(
            product.name,
            style: styles.bodyMedium,
            maxLines: 2,
            overflow: TextOverflow.ellipsis,
          ),
          Text(product.unit, style: styles.bodySmall, maxLines: 1, overflow: TextOverflow.ellipsis),
          if (hinted) Hint(hint, icon: Icons.hourglass_bottom),
        ],
      ),
    );
  }
}
