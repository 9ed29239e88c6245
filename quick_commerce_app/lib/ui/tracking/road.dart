import 'dart:math';

import 'package:flutter/material.dart';

import '../../domain/models/order.dart';
import '../core/tokens.dart';

/// The road: the shop, a scooter for the progress of the order, the door. Decorates the timeline.
class Road extends StatelessWidget {
  const Road(this.status, {super.key});

  final OrderStatus status;

  static const double _rider = 40;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    return ExcludeSemantics(
      child: Container(
        padding: const EdgeInsets.all(Tokens.space4),
        decoration: BoxDecoration(
          color: colors.surface,
          borderRadius: BorderRadius.circular(Tokens.radiusCard),
        ),
        child: Row(
          children: [
            Icon(Icons.storefront_outlined, color: colors.primary),
            const SizedBox(width: Tokens.space2),
            Expanded(child: LayoutBuilder(builder: _line)),
            const SizedBox(width: Tokens.space2),
            Icon(Icons.home_outlined, color: colors.primary),
          ],
        ),
      ),
    );
  }

  Widget _line(BuildContext context, BoxConstraints constraints) {
    final colors = context.colors;
    // A cancelled order, and one with an unknown status, is at the beginning.
    final at = max(0, OrderStatus.steps.indexOf(status));
    final way = max(0.0, constraints.maxWidth - _rider);
    final done = way * at / (OrderStatus.steps.length - 1);
    return SizedBox(
      height: _rider,
      child: Stack(
        children: [
          Align(child: Container(height: 4, color: colors.line)),
          Align(
            alignment: Alignment.centerLeft,
            child: AnimatedContainer(
              duration: context.motion(Tokens.slow),
              curve: Tokens.ease,
              height: 4,
              width: done,
              color: colors.primary,
            ),
          ),
          AnimatedPositioned(
            duration: context.motion(Tokens.slow),
            curve: Tokens.ease,
            left: done,
            top: 0,
            width: _rider,
            height: _rider,
            child: DecoratedBox(
              decoration: BoxDecoration(color: colors.accent, shape: BoxShape.circle),
              child: Icon(Icons.delivery_dining, color: colors.onAccent),
            ),
          ),
        ],
      ),
    );
  }
}
