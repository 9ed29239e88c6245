import 'package:flutter/material.dart';
import 'package:provider/provider.dart';

import '../../domain/models/cart.dart';
import '../../domain/models/sellable.dart';
import '../../routing/opening.dart';
import '../../routing/routes.dart';
import '../../utils/money.dart';
import '../core/basket_view_model.dart';
import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/widgets/panel.dart';
import '../core/widgets/product_picture.dart';
import '../core/widgets/quantity_control.dart';

/// A line of the cart. An unavailable line is grey, and has Remove instead of the stepper.
class CartLineTile extends StatelessWidget {
  const CartLineTile({
    super.key,
    required this.line,
    required this.trouble,
    required this.oldPrice,
    required this.onTakeWhatThereIs,
  });

  final CartLine line;

  /// The reason why it can't be ordered, or empty.
  final String trouble;

  /// The previous price of one unit, in paise, if it has changed.
  final int? oldPrice;
  final VoidCallback onTakeWhatThereIs;

  @override
  Widget build(BuildContext context) {
    return Padding(
      padding: const EdgeInsets.symmetric(vertical: Tokens.space3),
      child: Row(
        crossAxisAlignment: CrossAxisAlignment.start,
        children: [
          ProductPicture(line.imageUrl, size: 64, grey: line.isGone),
          const SizedBox(width: Tokens.space3),
          Expanded(
            child: Column(
              crossAxisAlignment: CrossAxisAlignment.start,
              children: [
                _words(context),
                const SizedBox(height: Tokens.space1),
                _controls(context),
              ],
            ),
          ),
        ],
      ),
    );
  }

  Widget _words(BuildContext context) {
    final styles = Theme.of(context).textTheme;
    final muted = context.colors.muted;
    final oldPrice = this.oldPrice;
    final about = [if (line.unit.isNotEmpty) line.unit, money(line.price)].join(' · ');
    return Semantics(
      container: true,
      button: true,
      child: InkWell(
        onTap: () => context.open(Routes.productOf(line.productId)),
        child: ConstrainedBox(
          constraints: const BoxConstraints(minHeight: tapTarget, minWidth: double.infinity),
          child: Column(
            crossAxisAlignment: CrossAxisAlignment.start,
            children: [
              Text(
                line.name,
                style: styles.titleSmall?.copyWith(color: line.isGone ? muted : null),
              ),
              Text(about, style: styles.bodySmall),
              if (oldPrice != null)
                Hint(Texts.was(money(oldPrice)), icon: Icons.local_offer_outlined),
              if (trouble.isNotEmpty) Hint(trouble),
            ],
          ),
        ),
      ),
    );
  }

  /// Stepper and sum side by side, below one another where the text is large.
  Widget _controls(BuildContext context) {
    final styles = Theme.of(context).textTheme;
    final ceiling = line.ceiling;
    return SizedBox(
      width: double.infinity,
      child: Wrap(
        alignment: WrapAlignment.spaceBetween,
        crossAxisAlignment: WrapCrossAlignment.center,
        spacing: Tokens.space3,
        runSpacing: Tokens.space1,
        children: [
          if (line.isGone) _RemoveButton(line) else QuantityControl(line),
          if (line.isShort && !line.isGone)
            OutlinedButton(
              onPressed: onTakeWhatThereIs,
              child: Text(Texts.take(ceiling), semanticsLabel: Texts.takeOf(ceiling, line.name)),
            ),
          if (!line.isGone) Text(money(line.sum), style: styles.titleMedium),
        ],
      ),
    );
  }
}

class _RemoveButton extends StatelessWidget {
  const _RemoveButton(this.line);

  final CartLine line;

  @override
  Widget build(BuildContext context) => OutlinedButton.icon(
    key: ValueKey('remove-${line.productId}'),
    onPressed: () {
      final basket = context.read<BasketViewModel>();
      final messenger = ScaffoldMessenger.of(context);
      basket.setQuantity(line, 0);
      removedWithUndo(messenger, basket, line, line.quantity);
    },
    icon: const Icon(Icons.delete_outline),
    label: Text(Texts.removeButton, semanticsLabel: Texts.remove(line.name)),
  );
}
