import 'dart:async';

import 'package:flutter/material.dart';
import 'package:go_router/go_router.dart';
import 'package:provider/provider.dart';

import '../../domain/models/product.dart';
import '../../domain/models/sellable.dart';
import '../../routing/routes.dart';
import '../../utils/money.dart';
import '../core/basket_view_model.dart';
import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/widgets/load_view.dart';
import '../core/widgets/messages.dart';
import '../core/widgets/panel.dart';
import '../core/widgets/product_card.dart';
import '../core/widgets/product_picture.dart';
import '../core/widgets/quantity_control.dart';
import '../core/widgets/shop_scaffold.dart';
import '../core/widgets/states.dart';
import '../core/words.dart';
import 'product_view_model.dart';

/// One product: picture, price, stock, description, and others of its category.
class ProductScreen extends StatefulWidget {
  const ProductScreen({super.key, required this.viewModel});

  final ProductViewModel viewModel;

  @override
  State<ProductScreen> createState() => _ProductScreenState();
}

class _ProductScreenState extends State<ProductScreen> {
  @override
  void initState() {
    super.initState();
    unawaited(widget.viewModel.load.execute());
  }

  Future<void> _refresh() async {
    final viewModel = widget.viewModel;
    await viewModel.load.execute();
    final error = viewModel.error;
    if (!mounted || error == null || viewModel.product == null) return;
    showMessage(ScaffoldMessenger.of(context), sentence(error));
  }

  @override
  Widget build(BuildContext context) {
    final viewModel = widget.viewModel;
    return ListenableBuilder(
      listenable: viewModel,
      builder: (context, _) => ShopScaffold(
        title: viewModel.product?.category ?? Texts.brand,
        showCartBar: true,
        body: PageBody(
          onRefresh: _refresh,
          children: [if (viewModel.isGone) const _Gone() else _load(viewModel)],
        ),
      ),
    );
  }

  Widget _load(ProductViewModel viewModel) => LoadView<Product>(
    value: viewModel.product,
    error: viewModel.error,
    onRetry: () => unawaited(viewModel.load.execute()),
    skeleton: const _Skeleton(),
    builder: (context, product) => Column(
      crossAxisAlignment: CrossAxisAlignment.start,
      children: [
        _Picture(product),
        const SizedBox(height: Tokens.space4),
        ProductFacts(product),
        if (viewModel.similar.isNotEmpty) _Similar(product.category, viewModel.similar),
      ],
    ),
  );
}

class _Picture extends StatelessWidget {
  const _Picture(this.product);

  final Product product;

  @override
  Widget build(BuildContext context) => Container(
    width: double.infinity,
    padding: const EdgeInsets.all(Tokens.space6),
    decoration: BoxDecoration(
      color: context.colors.surface,
      borderRadius: BorderRadius.circular(Tokens.radiusCard),
    ),
    child: Center(child: ProductPicture(product.imageUrl, size: 200, grey: product.ceiling == 0)),
  );
}

/// The details of a product, and its ADD.
class ProductFacts extends StatelessWidget {
  const ProductFacts(this.product, {super.key});

  final Product product;

  @override
  Widget build(BuildContext context) {
    final styles = Theme.of(context).textTheme;
    final muted = context.colors.muted;
    final quantity = context.select<BasketViewModel, int>(
      (basket) => basket.quantityOf(product.productId),
    );
    final hint = stockHint(product, quantity);
    return Column(
      crossAxisAlignment: CrossAxisAlignment.start,
      children: [
        TextButton(
          onPressed: () => context.go(Routes.categoryOf(product.category)),
          child: Text(product.category),
        ),
        Heading(product.name, style: styles.headlineMedium),
        if (product.unit.isNotEmpty)
          Text(product.unit, style: styles.bodyMedium?.copyWith(color: muted)),
        const SizedBox(height: Tokens.space2),
        Wrap(
          crossAxisAlignment: WrapCrossAlignment.center,
          spacing: Tokens.space2,
          children: [
            Text(money(product.price), style: styles.titleLarge),
            Text(Texts.taxes, style: styles.bodySmall),
          ],
        ),
        const SizedBox(height: Tokens.space3),
        QuantityControl(product),
        if (hint.isNotEmpty && product.ceiling > 0) ...[
          const SizedBox(height: Tokens.space2),
          Hint(hint, icon: Icons.hourglass_bottom),
        ],
        const SizedBox(height: Tokens.space4),
        Hint(Texts.atYourDoor, icon: Icons.bolt, color: context.colors.text),
        const SizedBox(height: Tokens.space1),
        Hint(Texts.noDeliveryFee, icon: Icons.local_offer_outlined, color: context.colors.text),
        const SizedBox(height: Tokens.space5),
        const Heading(Texts.aboutIt),
        const SizedBox(height: Tokens.space1),
        Text(product.description, style: styles.bodyLarge),
      ],
    );
  }
}

class _Similar extends StatelessWidget {
  const _Similar(this.category, this.products);

  final String category;
  final List<Product> products;

  @override
  Widget build(BuildContext context) {
    final height = ProductCard.heightAt(MediaQuery.textScalerOf(context));
    return Column(
      crossAxisAlignment: CrossAxisAlignment.start,
      children: [
        const SizedBox(height: Tokens.space6),
        Heading(Texts.moreIn(category)),
        const SizedBox(height: Tokens.space3),
        SizedBox(
          height: height,
          child: ListView.separated(
            scrollDirection: Axis.horizontal,
            itemCount: products.length,
            separatorBuilder: (context, index) => const SizedBox(width: Tokens.space3),
            itemBuilder: (context, index) =>
                SizedBox(width: 156, child: ProductCard(products[index])),
          ),
        ),
      ],
    );
  }
}

class _Gone extends StatelessWidget {
  const _Gone();

  @override
  Widget build(BuildContext context) => EmptyState(
    icon: Icons.eco_outlined,
    title: Texts.productGone,
    text: Texts.productGoneText,
    actions: [
      FilledButton(
        onPressed: () => context.go(Routes.home),
        child: const Text(Texts.seeWhatThereIs),
      ),
    ],
  );
}

class _Skeleton extends StatelessWidget {
  const _Skeleton();

  @override
  Widget build(BuildContext context) => Late(
    child: Semantics(
      container: true,
      label: Texts.loading,
      child: const Column(
        crossAxisAlignment: CrossAxisAlignment.start,
        children: [
          Bone(height: 248, width: double.infinity, radius: Tokens.radiusCard),
          SizedBox(height: Tokens.space4),
          Bone(height: Tokens.text28, width: 220),
          SizedBox(height: Tokens.space2),
          Bone(height: Tokens.text16, width: 96),
        ],
      ),
    ),
  );
}
