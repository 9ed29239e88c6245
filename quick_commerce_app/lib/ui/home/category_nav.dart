import 'dart:async';

import 'package:flutter/material.dart';

import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/widgets/product_picture.dart';

/// The categories: a rail on wide screens, chips on a phone.
class CategoryNav extends StatelessWidget {
  const CategoryNav({
    super.key,
    required this.axis,
    required this.categories,
    required this.current,
    required this.searching,
    required this.onChoose,
  });

  final Axis axis;
  final List<String> categories;

  /// Null: all of them.
  final String? current;

  /// No category is the current one while a search is shown.
  final bool searching;
  final ValueChanged<String?> onChoose;

  @override
  Widget build(BuildContext context) {
    final entries = [
      _entry(Texts.all, null),
      for (final category in categories) _entry(category, category),
    ];
    return Semantics(
      container: true,
      explicitChildNodes: true,
      label: Texts.categories,
      child: axis == Axis.vertical
          ? SingleChildScrollView(
              padding: const EdgeInsets.all(Tokens.space2),
              child: Column(crossAxisAlignment: CrossAxisAlignment.stretch, children: entries),
            )
          : SingleChildScrollView(
              scrollDirection: Axis.horizontal,
              padding: const EdgeInsets.symmetric(horizontal: Tokens.space3),
              child: Row(children: entries),
            ),
    );
  }

  Widget _entry(String name, String? category) => _CategoryEntry(
    key: ValueKey('category-$name'),
    name: name,
    picture: category == null ? '' : CategoryPictures.of(category),
    isCurrent: !searching && category == current,
    onTap: () => onChoose(category),
  );
}

class _CategoryEntry extends StatefulWidget {
  const _CategoryEntry({
    super.key,
    required this.name,
    required this.picture,
    required this.isCurrent,
    required this.onTap,
  });

  final String name;
  final String picture;
  final bool isCurrent;
  final VoidCallback onTap;

  @override
  State<_CategoryEntry> createState() => _CategoryEntryState();
}

class _CategoryEntryState extends State<_CategoryEntry> {
  @override
  void initState() {
    super.initState();
    if (widget.isCurrent) _comeIntoSight(Duration.zero);
  }

  @override
  void didUpdateWidget(_CategoryEntry old) {
    super.didUpdateWidget(old);
    if (widget.isCurrent && !old.isCurrent) _comeIntoSight(context.motion(Tokens.quick));
  }

  /// Scrolls the categories only, not their parent.
  void _comeIntoSight(Duration duration) {
    WidgetsBinding.instance.addPostFrameCallback((_) {
      final entry = mounted ? context.findRenderObject() : null;
      if (entry == null) return;
      final position = Scrollable.of(context).position;
      unawaited(position.ensureVisible(entry, alignment: 0.5, duration: duration));
    });
  }

  @override
  Widget build(BuildContext context) {
    final isCurrent = widget.isCurrent;
    final picture = widget.picture;
    final colors = context.colors;
    final style = Theme.of(
      context,
    ).textTheme.labelMedium?.copyWith(color: isCurrent ? colors.primary : colors.text);
    return Semantics(
      container: true,
      button: true,
      selected: isCurrent,
      child: Padding(
        padding: const EdgeInsets.all(Tokens.space1),
        child: Material(
          color: isCurrent ? colors.tint : colors.background,
          shape: RoundedRectangleBorder(
            borderRadius: BorderRadius.circular(Tokens.radiusControl),
            side: BorderSide(color: isCurrent ? colors.primary : colors.line),
          ),
          clipBehavior: Clip.antiAlias,
          child: InkWell(
            onTap: widget.onTap,
            child: ConstrainedBox(
              constraints: const BoxConstraints(minHeight: tapTarget, minWidth: tapTarget),
              child: Padding(
                padding: const EdgeInsets.symmetric(horizontal: Tokens.space3),
                child: Row(
                  mainAxisSize: MainAxisSize.min,
                  children: [
                    if (picture.isEmpty)
                      Icon(Icons.eco_outlined, size: Tokens.space6, color: colors.primary)
                    else
                      ProductPicture(picture, size: Tokens.space6),
                    const SizedBox(width: Tokens.space2),
                    _name(style),
                  ],
                ),
              ),
            ),
          ),
        ),
      ),
    );
  }

  // In the rail a long name wraps; a chip is as wide as its name.
  Widget _name(TextStyle? style) => Flexible(
    child: Padding(
      padding: const EdgeInsets.symmetric(vertical: Tokens.space2),
      child: Text(widget.name, style: style),
    ),
  );
}
