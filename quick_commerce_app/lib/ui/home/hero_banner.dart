import 'package:flutter/material.dart';

import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/widgets/panel.dart';
import '../core/widgets/product_picture.dart';
import '../core/widgets/shop_scaffold.dart';

/// The shop's slogan, with three pictures on wide screens.
class HeroBanner extends StatelessWidget {
  const HeroBanner({super.key});

  static const List<String> _pictures = ['1f95b', '1f34e', '1f35e'];

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    return Container(
      margin: const EdgeInsets.fromLTRB(Tokens.space4, Tokens.space2, Tokens.space4, 0),
      padding: const EdgeInsets.all(Tokens.space5),
      decoration: BoxDecoration(
        gradient: LinearGradient(colors: [colors.heroDeep, colors.hero]),
        borderRadius: BorderRadius.circular(Tokens.radiusCard),
      ),
      child: LayoutBuilder(
        builder: (context, constraints) => Row(
          children: [
            Expanded(child: _words(context)),
            if (constraints.maxWidth >= 560)
              for (final code in _pictures) ProductPicture(CategoryPictures.path(code), size: 88),
          ],
        ),
      ),
    );
  }

  Widget _words(BuildContext context) {
    final colors = context.colors;
    final styles = Theme.of(context).textTheme;
    return Column(
      crossAxisAlignment: CrossAxisAlignment.start,
      children: [
        const Pill(icon: Icons.local_offer_outlined, text: Texts.heroTag),
        const SizedBox(height: Tokens.space2),
        Heading(Texts.heroTitle, style: styles.titleLarge?.copyWith(color: colors.onHero)),
        const SizedBox(height: Tokens.space1),
        Text(Texts.heroText, style: styles.bodyMedium?.copyWith(color: colors.onHero)),
      ],
    );
  }
}
