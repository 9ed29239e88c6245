import 'package:flutter/material.dart';
import 'package:go_router/go_router.dart';
import 'package:provider/provider.dart';

import '../../../domain/models/sellable.dart';
import '../../../routing/opening.dart';
import '../../../routing/routes.dart';
import '../basket_view_model.dart';
import '../texts.dart';
import '../tokens.dart';
import 'messages.dart';

/// ADD, which turns in place into − n +. An unavailable product shows it.
class QuantityControl extends StatelessWidget {
  const QuantityControl(this.product, {super.key});

  final Sellable product;

  @override
  Widget build(BuildContext context) {
    final quantity = context.select<BasketViewModel, int>(
      (basket) => basket.quantityOf(product.productId),
    );
    if (quantity > 0) return _Stepper(product: product, quantity: quantity);
    if (product.ceiling == 0) return _SoldOut(product);
    return _AddButton(product);
  }
}

/// Changes a quantity by one, and shows a message about the result.
void stepQuantity(BuildContext context, Sellable product, int by) {
  final basket = context.read<BasketViewModel>();
  final messenger = ScaffoldMessenger.of(context);
  final before = basket.quantityOf(product.productId);
  switch (basket.step(product, by)) {
    case StepOutcome.changed:
      break;
    case StepOutcome.removed:
      removedWithUndo(messenger, basket, product, before);
    case StepOutcome.needsLogin:
      showMessage(messenger, Texts.logInToAdd);
      final here = Routes.here(GoRouter.of(context).state.uri);
      context.open(Routes.withNext(Routes.login, here));
    case StepOutcome.tooMany:
      showMessage(
        messenger,
        product.ceiling == maxQuantity
            ? Texts.errorQuantityLimit(maxQuantity)
            : Texts.onlyLeftOf(product.ceiling, product.name),
      );
  }
}

/// Shows that a product was removed; an available one gets an Undo.
void removedWithUndo(
  ScaffoldMessengerState messenger,
  BasketViewModel basket,
  Sellable product,
  int before,
) {
  final back = product.ceiling > 0;
  showMessage(
    messenger,
    Texts.removed(product.name),
    actionLabel: back ? Texts.undo : null,
    onAction: back ? () => basket.setQuantity(product, before) : null,
  );
}

class _AddButton extends StatelessWidget {
  const _AddButton(this.product);

  final Sellable product;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    return OutlinedButton(
      key: ValueKey('add-${product.productId}'),
      style: OutlinedButton.styleFrom(
        backgroundColor: colors.card,
        foregroundColor: colors.primary,
        side: BorderSide(color: colors.primary),
        minimumSize: const Size(72, tapTarget),
        padding: const EdgeInsets.symmetric(horizontal: Tokens.space3),
        textStyle: Theme.of(context).textTheme.titleSmall,
      ),
      onPressed: () => stepQuantity(context, product, 1),
      child: Text(Texts.add, semanticsLabel: Texts.addToCart(product.name)),
    );
  }
}

class _SoldOut extends StatelessWidget {
  const _SoldOut(this.product);

  final Sellable product;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    return Container(
      padding: const EdgeInsets.symmetric(horizontal: Tokens.space3, vertical: Tokens.space2),
      decoration: BoxDecoration(
        color: colors.card,
        borderRadius: BorderRadius.circular(Tokens.radiusControl),
      ),
      child: FittedBox(
        fit: BoxFit.scaleDown,
        child: Text(
          product.available ? Texts.outOfStock : Texts.notAvailable,
          style: Theme.of(context).textTheme.labelSmall?.copyWith(color: colors.muted),
        ),
      ),
    );
  }
}

class _Stepper extends StatelessWidget {
  const _Stepper({required this.product, required this.quantity});

  final Sellable product;
  final int quantity;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    final style = Theme.of(context).textTheme.titleMedium?.copyWith(color: colors.onPrimary);
    return Semantics(
      container: true,
      explicitChildNodes: true,
      label: Texts.quantityOf(product.name),
      child: Material(
        color: colors.primary,
        borderRadius: BorderRadius.circular(Tokens.radiusControl),
        child: Row(
          mainAxisSize: MainAxisSize.min,
          children: [
            _StepButton(
              key: ValueKey('decrease-${product.productId}'),
              icon: Icons.remove,
              label: quantity == 1 ? Texts.remove(product.name) : Texts.decrease(product.name),
              onPressed: () => stepQuantity(context, product, -1),
            ),
            Flexible(
              child: Semantics(
                container: true,
                liveRegion: true,
                label: Texts.inCart(product.name, quantity),
                excludeSemantics: true,
                child: ConstrainedBox(
                  constraints: const BoxConstraints(minWidth: Tokens.space6),
                  child: FittedBox(
                    fit: BoxFit.scaleDown,
                    child: Text('$quantity', style: style),
                  ),
                ),
              ),
            ),
            _StepButton(
              key: ValueKey('increase-${product.productId}'),
              icon: Icons.add,
              label: Texts.increase(product.name),
              onPressed: () => stepQuantity(context, product, 1),
            ),
          ],
        ),
      ),
    );
  }
}

class _StepButton extends StatelessWidget {
  const _StepButton({super.key, required this.icon, required this.label, required this.onPressed});

  final IconData icon;
  final String label;
  final VoidCallback onPressed;

  @override
  Widget build(BuildContext context) => IconButton(
    onPressed: onPressed,
    color: context.colors.onPrimary,
    padding: EdgeInsets.zero,
    constraints: const BoxConstraints(minWidth: tapTarget, minHeight: tapTarget),
    icon: Icon(icon, size: Tokens.text20, semanticLabel: label),
  );
}
