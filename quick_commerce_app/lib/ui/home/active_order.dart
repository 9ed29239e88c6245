import 'package:flutter/material.dart';

import '../../domain/models/order.dart';
import '../../routing/opening.dart';
import '../../routing/routes.dart';
import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/words.dart';

/// The active order, with a link to its tracking.
class ActiveOrder extends StatelessWidget {
  const ActiveOrder(this.order, {super.key});

  final Order order;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    final styles = Theme.of(context).textTheme;
    final words = StatusWords.of(order.status);
    return Padding(
      padding: const EdgeInsets.fromLTRB(Tokens.space4, Tokens.space3, Tokens.space4, 0),
      child: Material(
        color: colors.accentTint,
        borderRadius: BorderRadius.circular(Tokens.radiusCard),
        clipBehavior: Clip.antiAlias,
        child: Semantics(
          container: true,
          button: true,
          child: InkWell(
            onTap: () => context.open(Routes.trackingOf(order.orderId)),
            child: Padding(
              padding: const EdgeInsets.all(Tokens.space3),
              child: Row(
                children: [
                  Container(
                    width: tapTarget,
                    height: tapTarget,
                    decoration: BoxDecoration(
                      color: colors.accent,
                      borderRadius: BorderRadius.circular(Tokens.radiusControl),
                    ),
                    child: Icon(words.icon, color: colors.onAccent),
                  ),
                  const SizedBox(width: Tokens.space3),
                  Expanded(
                    child: Column(
                      crossAxisAlignment: CrossAxisAlignment.start,
                      children: [
                        Text(words.title, style: styles.titleSmall),
                        Text(
                          Texts.order(orderNumber(order.orderId)),
                          style: styles.bodySmall?.copyWith(color: colors.text),
                        ),
                      ],
                    ),
                  ),
                  Text(Texts.track, style: styles.labelMedium?.copyWith(color: colors.primary)),
                  Icon(Icons.chevron_right, color: colors.primary),
                ],
              ),
            ),
          ),
        ),
      ),
    );
  }
}
