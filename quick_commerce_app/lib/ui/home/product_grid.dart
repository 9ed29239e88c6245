import 'dart:async';

import 'package:flutter/material.dart';

import '../../domain/models/api_error.dart';
import '../../domain/models/product.dart';
import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/widgets/panel.dart';
import '../core/widgets/product_card.dart';
import '../core/widgets/states.dart';
import '../core/words.dart';
import 'active_order.dart';
import 'hero_banner.dart';
import 'home_view_model.dart';

/// The products, a page at a time, with the widgets above them.
class ProductGrid extends StatelessWidget {
  const ProductGrid({
    super.key,
    required this.viewModel,
    this.nav,
    required this.onClearSearch,
    required this.onSeeAll,
  });

  final HomeViewModel viewModel;

  /// The categories, if they scroll with the products.
  final Widget? nav;
  final VoidCallback onClearSearch;
  final VoidCallback onSeeAll;

  /// The next page is loaded when this distance is left to scroll.
  static const double _near = 500;

  @override
  Widget build(BuildContext context) {
    final nav = this.nav;
    final active = viewModel.active;
    final isHome = viewModel.query.isEmpty && viewModel.category == null;
    return NotificationListener<ScrollUpdateNotification>(
      onNotification: _scrolled,
      child: CustomScrollView(
        // Another list begins at its top; each list keeps its position.
        key: PageStorageKey<String>('${viewModel.category}/${viewModel.query}'),
        physics: const AlwaysScrollableScrollPhysics(),
        keyboardDismissBehavior: ScrollViewKeyboardDismissBehavior.onDrag,
        slivers: [
          if (nav != null) SliverToBoxAdapter(child: nav),
          if (isHome) ...[
            const SliverToBoxAdapter(child: HeroBanner()),
            if (active != null) SliverToBoxAdapter(child: ActiveOrder(active)),
          ] else
            SliverToBoxAdapter(child: _ListHead(viewModel)),
          ..._content(context),
          const SliverToBoxAdapter(child: SizedBox(height: Tokens.space8)),
        ],
      ),
    );
  }

  bool _scrolled(ScrollUpdateNotification notification) {
    final metrics = notification.metrics;
    if (metrics.axis == Axis.vertical &&
        metrics.extentAfter < _near &&
        viewModel.hasMore &&
        viewModel.more.error == null) {
      unawaited(viewModel.more.execute());
    }
    return false;
  }

  List<Widget> _content(BuildContext context) {
    final products = viewModel.products;
    final error = viewModel.error;
    if (products == null) {
      // Without a session the router opens the login.
      if (error == null || error is Unauthorised) return const [_SkeletonGrid()];
      return [
        SliverToBoxAdapter(
          child: ErrorState(error: error, onRetry: () => unawaited(viewModel.retry())),
        ),
      ];
    }
    if (products.isEmpty) return [SliverToBoxAdapter(child: _nothing())];
    return [
      _grid(context, products),
      if (viewModel.hasMore) SliverToBoxAdapter(child: _MoreButton(viewModel)),
    ];
  }

  Widget _grid(BuildContext context, List<Product> products) => SliverPadding(
    padding: const EdgeInsets.all(Tokens.space4),
    sliver: SliverGrid(
      gridDelegate: cardGrid(context),
      delegate: SliverChildBuilderDelegate(
        (context, index) =>
            ProductCard(products[index], key: ValueKey('card-${products[index].productId}')),
        childCount: products.length,
      ),
    ),
  );

  Widget _nothing() {
    if (viewModel.query.isNotEmpty) {
      return EmptyState(
        icon: Icons.search_off,
        title: Texts.nothingFound(viewModel.query),
        text: Texts.nothingFoundText,
        actions: [FilledButton(onPressed: onClearSearch, child: const Text(Texts.clearSearch))],
      );
    }
    final category = viewModel.category;
    if (category == null) {
      return const EmptyState(
        icon: Icons.eco_outlined,
        title: Texts.shelvesEmpty,
        text: Texts.shelvesEmptyText,
      );
    }
    return EmptyState(
      icon: Icons.eco_outlined,
      title: Texts.nothingHereYet,
      text: Texts.nothingIn(category),
      actions: [FilledButton(onPressed: onSeeAll, child: const Text(Texts.seeWhatThereIs))],
    );
  }
}

/// Two cards side by side on a phone, more on wide screens, tall enough for the text's size.
SliverGridDelegate cardGrid(BuildContext context) => SliverGridDelegateWithMaxCrossAxisExtent(
  maxCrossAxisExtent: 200,
  mainAxisExtent: ProductCard.heightAt(MediaQuery.textScalerOf(context)),
  crossAxisSpacing: Tokens.space3,
  mainAxisSpacing: Tokens.space4,
);

/// The title of the list and the number of results; screen readers announce a change.
class _ListHead extends StatelessWidget {
  const _ListHead(this.viewModel);

  final HomeViewModel viewModel;

  @override
  Widget build(BuildContext context) {
    final query = viewModel.query;
    final count = viewModel.products?.length ?? 0;
    final styles = Theme.of(context).textTheme;
    return Padding(
      padding: const EdgeInsets.fromLTRB(Tokens.space4, Tokens.space3, Tokens.space4, 0),
      child: Column(
        crossAxisAlignment: CrossAxisAlignment.start,
        children: [
          Heading(query.isEmpty ? viewModel.category ?? Texts.all : '“$query”'),
          if (query.isNotEmpty && count > 0)
            Semantics(
              liveRegion: true,
              child: Text(
                Texts.found(count, more: viewModel.hasMore),
                style: styles.bodyMedium?.copyWith(color: context.colors.muted),
              ),
            ),
        ],
      ),
    );
  }
}

class _MoreButton extends StatelessWidget {
  const _MoreButton(this.viewModel);

  final HomeViewModel viewModel;

  @override
  Widget build(BuildContext context) {
    final error = viewModel.more.error;
    return Padding(
      padding: const EdgeInsets.symmetric(horizontal: Tokens.space4),
      child: Column(
        children: [
          if (error != null) Problem(text: sentence(error), requestId: error.requestId),
          OutlinedButton(
            onPressed: viewModel.more.running ? null : () => unawaited(viewModel.more.execute()),
            child: Text(viewModel.more.running ? Texts.loading : Texts.showMore),
          ),
        ],
      ),
    );
  }
}

class _SkeletonGrid extends StatelessWidget {
  const _SkeletonGrid();

  @override
  Widget build(BuildContext context) => SliverPadding(
    padding: const EdgeInsets.all(Tokens.space4),
    sliver: SliverGrid(
      gridDelegate: cardGrid(context),
      delegate: SliverChildBuilderDelegate(
        (context, index) => Late(
          child: Column(
            crossAxisAlignment: CrossAxisAlignment.start,
            children: [
              Semantics(
                label: index == 0 ? Texts.loading : null,
                child: const Bone(
                  height: ProductCard.pictureHeight,
                  width: double.infinity,
                  radius: Tokens.radiusCard,
                ),
              ),
              const SizedBox(height: Tokens.space2),
              const Bone(height: Tokens.text14, width: double.infinity),
              const SizedBox(height: Tokens.space1),
              const Bone(height: Tokens.text12, width: 64),
            ],
          ),
        ),
        childCount: 6,
      ),
    ),
  );
}
