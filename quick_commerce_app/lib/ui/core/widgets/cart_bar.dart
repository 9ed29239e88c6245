import 'package:flutter/material.dart';
import 'package:provider/provider.dart';

import '../../../routing/opening.dart';
import '../../../routing/routes.dart';
import '../../../utils/money.dart';
import '../basket_view_model.dart';
import '../texts.dart';
import '../tokens.dart';

/// "3 items · ₹185 | View cart" at the lower edge, from the first item on.
class CartBar extends StatelessWidget {
  const CartBar({super.key});

  @override
  Widget build(BuildContext context) {
    final basket = context.watch<BasketViewModel>();
    if (basket.count == 0) return const SizedBox.shrink();
    final colors = context.colors;
    final style = Theme.of(context).textTheme.titleMedium?.copyWith(color: colors.onHero);
    return SafeArea(
      top: false,
      child: Padding(
        padding: const EdgeInsets.fromLTRB(
          Tokens.space4,
          Tokens.space1,
          Tokens.space4,
          Tokens.space3,
        ),
        child: DecoratedBox(
          decoration: BoxDecoration(
            borderRadius: BorderRadius.circular(Tokens.radiusCard),
            boxShadow: context.shadow,
          ),
          child: Material(
            color: colors.hero,
            borderRadius: BorderRadius.circular(Tokens.radiusCard),
            clipBehavior: Clip.antiAlias,
            child: Semantics(
              container: true,
              button: true,
              child: InkWell(
                onTap: () => context.open(Routes.cart),
                child: Padding(
                  padding: const EdgeInsets.all(Tokens.space2),
                  child: Row(
                    children: [
                      const _BasketIcon(),
                      const SizedBox(width: Tokens.space3),
                      // Side by side, below one another where the text is large.
                      Expanded(
                        child: Wrap(
                          alignment: WrapAlignment.spaceBetween,
                          spacing: Tokens.space3,
                          children: [
                            Text(Texts.cartSum(basket.count, money(basket.total)), style: style),
                            Text(Texts.viewCart, style: style),
                          ],
                        ),
                      ),
                      Icon(Icons.chevron_right, color: colors.onHero),
                    ],
                  ),
                ),
              ),
            ),
          ),
        ),
      ),
    );
  }
}

class _BasketIcon extends StatelessWidget {
  const _BasketIcon();

  @override
  Widget build(BuildContext context) => Container(
    width: tapTarget,
    height: tapTarget,
    decoration: BoxDecoration(
      color: context.colors.accent,
      borderRadius: BorderRadius.circular(Tokens.radiusControl),
    ),
    child: Icon(Icons.shopping_basket_outlined, color: context.colors.onAccent),
  );
}

/// The link to the cart in a screen's head, with the number of units.
class CartButton extends StatelessWidget {
  const CartButton({super.key});

  @override
  Widget build(BuildContext context) {
    final basket = context.watch<BasketViewModel>();
    final colors = context.colors;
    final label = basket.count == 0
        ? Texts.cartEmptyLabel
        : Texts.cartLabel(basket.count, money(basket.total));
    return IconButton(
      onPressed: () => context.open(Routes.cart),
      tooltip: label,
      icon: Badge(
        isLabelVisible: basket.count > 0,
        backgroundColor: colors.accent,
        textColor: colors.onAccent,
        label: ExcludeSemantics(child: Text('${basket.count}')),
        child: const Icon(Icons.shopping_basket_outlined),
      ),
    );
  }
}
