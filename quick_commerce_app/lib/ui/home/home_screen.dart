import 'dart:async';

import 'package:flutter/material.dart';
import 'package:go_router/go_router.dart';

import '../../routing/opening.dart';
import '../../routing/routes.dart';
import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/widgets/cart_bar.dart';
import '../core/widgets/messages.dart';
import '../core/widgets/shop_scaffold.dart';
import '../core/words.dart';
import 'category_nav.dart';
import 'home_view_model.dart';
import 'product_grid.dart';

/// The shop: search, categories, products, and the cart bar.
class HomeScreen extends StatefulWidget {
  const HomeScreen({super.key, required this.viewModel, this.category});

  final HomeViewModel viewModel;

  /// The category of the address; null: all of them.
  final String? category;

  @override
  State<HomeScreen> createState() => _HomeScreenState();
}

class _HomeScreenState extends State<HomeScreen> {
  /// From this width on the categories are beside the products.
  static const double _wide = 960;

  final TextEditingController _words = TextEditingController();

  /// The categories keep their scroll position when the list below them changes.
  final GlobalKey _categories = GlobalKey();
  bool _wasInFront = true;

  @override
  void initState() {
    super.initState();
    unawaited(widget.viewModel.load());
  }

  // After another screen an order may be active, or have ended.
  @override
  void didChangeDependencies() {
    super.didChangeDependencies();
    final isInFront = ModalRoute.of<Object?>(context)?.isCurrent ?? true;
    if (isInFront && !_wasInFront) unawaited(widget.viewModel.readActive());
    _wasInFront = isInFront;
  }

  // The address has another category: after a press here, or a browser's Back.
  @override
  void didUpdateWidget(HomeScreen old) {
    super.didUpdateWidget(old);
    if (widget.category == old.category) return;
    // Not while the screen is being built.
    WidgetsBinding.instance.addPostFrameCallback((_) {
      if (!mounted) return;
      _words.clear();
      unawaited(widget.viewModel.choose(widget.category));
    });
  }

  @override
  void dispose() {
    _words.dispose();
    super.dispose();
  }

  Future<void> _refresh() async {
    final error = await widget.viewModel.refresh();
    if (!mounted || error == null || widget.viewModel.products == null) return;
    showMessage(ScaffoldMessenger.of(context), sentence(error));
  }

  void _clearSearch() {
    _words.clear();
    unawaited(widget.viewModel.searchNow(''));
  }

  // The category is in the address, so that a reload and a browser's Back keep it.
  void _choose(String? category) {
    _words.clear();
    unawaited(widget.viewModel.choose(category));
    context.go(category == null ? Routes.home : Routes.categoryOf(category));
  }

  /// Back ends a search, then a category, and then leaves the shop.
  void _back() {
    if (widget.viewModel.query.isNotEmpty) {
      _clearSearch();
    } else {
      _choose(null);
    }
  }

  @override
  Widget build(BuildContext context) {
    final viewModel = widget.viewModel;
    return ListenableBuilder(
      listenable: viewModel,
      builder: (context, _) => PopScope<Object?>(
        canPop: viewModel.query.isEmpty && viewModel.category == null,
        onPopInvokedWithResult: (didPop, _) {
          if (!didPop) _back();
        },
        child: ShopScaffold(
          showCartBar: true,
          actions: _actions(context),
          body: LayoutBuilder(builder: _shop),
        ),
      ),
    );
  }

  List<Widget> _actions(BuildContext context) => [
    if (widget.viewModel.isLoggedIn) ...[
      IconButton(
        onPressed: () => context.open(Routes.orders),
        tooltip: Texts.orders,
        icon: const Icon(Icons.receipt_long_outlined),
      ),
      IconButton(
        onPressed: () => context.open(Routes.account),
        tooltip: Texts.account,
        icon: const Icon(Icons.person_outline),
      ),
    ] else
      IconButton(
        onPressed: () => context.open(Routes.login),
        tooltip: Texts.logIn,
        icon: const Icon(Icons.person_outline),
      ),
    const CartButton(),
  ];

  // Above an open keyboard space is limited: the search shrinks to it, and on a phone the
  // categories scroll with the products.
  Widget _shop(BuildContext context, BoxConstraints constraints) {
    final wide = constraints.maxWidth >= _wide;
    final nav = widget.viewModel.categories.isEmpty
        ? null
        : _nav(wide ? Axis.vertical : Axis.horizontal);
    return Column(
      children: [
        ConstrainedBox(
          constraints: BoxConstraints(maxHeight: constraints.maxHeight),
          child: SingleChildScrollView(primary: false, child: _search()),
        ),
        Expanded(
          child: Row(
            crossAxisAlignment: CrossAxisAlignment.start,
            children: [
              if (wide && nav != null) SizedBox(width: 220, child: nav),
              Expanded(key: const ValueKey('products'), child: _grid(wide ? null : nav)),
            ],
          ),
        ),
      ],
    );
  }

  Widget _search() => SearchField(
    controller: _words,
    onChanged: widget.viewModel.search,
    onSubmitted: (text) => unawaited(widget.viewModel.searchNow(text)),
    onClear: _clearSearch,
  );

  Widget _grid(Widget? nav) => RefreshIndicator(
    onRefresh: _refresh,
    child: ProductGrid(
      viewModel: widget.viewModel,
      nav: nav,
      onClearSearch: _clearSearch,
      onSeeAll: () => _choose(null),
    ),
  );

  Widget _nav(Axis axis) => CategoryNav(
    key: _categories,
    axis: axis,
    categories: widget.viewModel.categories,
    current: widget.viewModel.category,
    searching: widget.viewModel.query.isNotEmpty,
    onChoose: _choose,
  );
}

/// The search, which starts after a pause in typing.
class SearchField extends StatelessWidget {
  const SearchField({
    super.key,
    required this.controller,
    required this.onChanged,
    required this.onSubmitted,
    required this.onClear,
  });

  final TextEditingController controller;
  final ValueChanged<String> onChanged;
  final ValueChanged<String> onSubmitted;
  final VoidCallback onClear;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    final styles = Theme.of(context).textTheme;
    final border = OutlineInputBorder(
      borderRadius: BorderRadius.circular(Tokens.radiusControl),
      borderSide: BorderSide(color: colors.border),
    );
    return Padding(
      padding: const EdgeInsets.fromLTRB(
        Tokens.space4,
        Tokens.space3,
        Tokens.space4,
        Tokens.space2,
      ),
      child: Semantics(
        label: Texts.searchLabel,
        child: TextField(
          controller: controller,
          maxLength: 100,
          onChanged: onChanged,
          onSubmitted: onSubmitted,
          textInputAction: TextInputAction.search,
          style: styles.bodyLarge,
          decoration: InputDecoration(
            hintText: Texts.searchHint,
            hintStyle: styles.bodyLarge?.copyWith(color: colors.muted),
            counterText: '',
            filled: true,
            fillColor: colors.surface,
            prefixIcon: Icon(Icons.search, color: colors.muted),
            suffixIcon: ValueListenableBuilder<TextEditingValue>(
              valueListenable: controller,
              builder: (context, value, _) => value.text.isEmpty
                  ? const SizedBox.shrink()
                  : IconButton(
                      onPressed: onClear,
                      tooltip: Texts.clearSearch,
                      icon: const Icon(Icons.close),
                    ),
            ),
            border: border,
            enabledBorder: border,
            focusedBorder: border.copyWith(borderSide: BorderSide(color: colors.primary, width: 2)),
          ),
        ),
      ),
    );
  }
}
