import 'package:flutter/material.dart';

import '../../domain/models/order.dart';
import '../../utils/dates.dart';
import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/words.dart';

/// The steps of an order with their times: an icon and a text for each, not colour alone.
class Timeline extends StatelessWidget {
  const Timeline(this.order, {super.key});

  final Order order;

  @override
  Widget build(BuildContext context) {
    final steps = order.status == OrderStatus.cancelled
        ? const [OrderStatus.placed, OrderStatus.cancelled]
        : OrderStatus.steps;
    return Semantics(
      container: true,
      explicitChildNodes: true,
      label: Texts.progress,
      child: Column(
        children: [
          for (final (index, step) in steps.indexed)
            _Step(
              key: ValueKey('step-${step.word}'),
              step: step,
              at: order.reachedAt(step),
              isNow: order.status == step,
              isFirst: index == 0,
              isLast: index == steps.length - 1,
            ),
        ],
      ),
    );
  }
}

class _Step extends StatelessWidget {
  const _Step({
    super.key,
    required this.step,
    required this.at,
    required this.isNow,
    required this.isFirst,
    required this.isLast,
  });

  final OrderStatus step;

  /// The time of the step, or null.
  final DateTime? at;
  final bool isNow;
  final bool isFirst;
  final bool isLast;

  bool get _isReached => at != null || isNow;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    final styles = Theme.of(context).textTheme;
    final time = _time();
    final label = StatusWords.of(step).label;
    final ink = _isReached ? colors.text : colors.muted;
    return Semantics(
      container: true,
      label: [label, _state(), if (time.isNotEmpty) time].join(', '),
      excludeSemantics: true,
      child: IntrinsicHeight(
        child: Row(
          crossAxisAlignment: CrossAxisAlignment.stretch,
          children: [
            _Mark(step: step, isNow: isNow, isReached: _isReached, isLast: isLast),
            const SizedBox(width: Tokens.space3),
            Expanded(
              child: Padding(
                padding: const EdgeInsets.only(top: Tokens.space2, bottom: Tokens.space5),
                child: Column(
                  crossAxisAlignment: CrossAxisAlignment.start,
                  children: [
                    Text(
                      label,
                      style: (isNow ? styles.titleMedium : styles.bodyLarge)?.copyWith(color: ink),
                    ),
                    if (time.isNotEmpty)
                      Text(time, style: styles.bodyMedium?.copyWith(color: colors.muted)),
                  ],
                ),
              ),
            ),
          ],
        ),
      ),
    );
  }

  String _state() => isNow
      ? Texts.stepNow
      : _isReached
      ? Texts.stepDone
      : Texts.stepAhead;

  String _time() {
    final at = this.at;
    if (at == null) return '';
    return isFirst ? momentOf(at) : timeOfDay(at);
  }
}

/// The round icon of a step, and the line to the next one.
class _Mark extends StatelessWidget {
  const _Mark({
    required this.step,
    required this.isNow,
    required this.isReached,
    required this.isLast,
  });

  final OrderStatus step;
  final bool isNow;
  final bool isReached;
  final bool isLast;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    final isDone = isReached && !isNow;
    final ink = isNow
        ? colors.onPrimary
        : isDone
        ? colors.primary
        : colors.muted;
    return Column(
      children: [
        Container(
          width: Tokens.space10,
          height: Tokens.space10,
          decoration: BoxDecoration(
            color: isNow
                ? colors.primary
                : isDone
                ? colors.tint
                : colors.card,
            shape: BoxShape.circle,
            border: Border.all(color: isReached ? colors.primary : colors.line, width: 2),
          ),
          child: Icon(
            isDone ? Icons.check : StatusWords.of(step).icon,
            size: Tokens.text20,
            color: ink,
          ),
        ),
        if (!isLast)
          Expanded(child: Container(width: 2, color: isDone ? colors.primary : colors.line)),
      ],
    );
  }
}
