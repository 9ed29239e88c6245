import 'package:flutter/material.dart';
import 'package:provider/provider.dart';

import '../../../domain/reachability.dart';
import '../texts.dart';
import '../tokens.dart';
import 'cart_bar.dart';
import 'panel.dart';

/// The frame of a screen: its head, the offline banner, and the cart bar on the shop's screens.
class ShopScaffold extends StatelessWidget {
  const ShopScaffold({
    super.key,
    this.title,
    required this.body,
    this.actions = const [CartButton()],
    this.bottom,
    this.showCartBar = false,
  });

  /// The brand by default.
  final String? title;
  final Widget body;
  final List<Widget> actions;

  /// The widget at the lower edge in place of the cart bar.
  final Widget? bottom;
  final bool showCartBar;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    final title = this.title;
    return Scaffold(
      appBar: AppBar(
        backgroundColor: colors.background,
        foregroundColor: colors.text,
        scrolledUnderElevation: 0,
        shape: Border(bottom: BorderSide(color: colors.line)),
        title: title == null ? const BrandTitle() : Text(title),
        actions: actions,
      ),
      body: SafeArea(
        top: false,
        bottom: false,
        child: Column(
          children: [
            const OfflineBanner(),
            Expanded(child: body),
          ],
        ),
      ),
      bottomNavigationBar: bottom ?? (showCartBar ? const CartBar() : null),
    );
  }
}

/// The shop's logo, name and slogan.
class BrandTitle extends StatelessWidget {
  const BrandTitle({super.key});

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    return Row(
      mainAxisSize: MainAxisSize.min,
      children: [
        Container(
          width: 36,
          height: 36,
          decoration: BoxDecoration(
            color: colors.hero,
            borderRadius: BorderRadius.circular(Tokens.radiusControl),
          ),
          child: Icon(
            Icons.shopping_basket,
            color: colors.accent,
            size: Tokens.text20,
            semanticLabel: Texts.brand,
          ),
        ),
        const SizedBox(width: Tokens.space2),
        const Flexible(
          child: Pill(icon: Icons.bolt, text: Texts.promise),
        ),
      ],
    );
  }
}

/// A short text on the accent's colour.
class Pill extends StatelessWidget {
  const Pill({super.key, required this.icon, required this.text});

  final IconData icon;
  final String text;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    return Container(
      padding: const EdgeInsets.symmetric(horizontal: Tokens.space2, vertical: Tokens.space1),
      decoration: BoxDecoration(
        color: colors.accent,
        borderRadius: BorderRadius.circular(Tokens.radiusRound),
      ),
      child: Row(
        mainAxisSize: MainAxisSize.min,
        children: [
          Icon(icon, size: Tokens.text14, color: colors.onAccent),
          const SizedBox(width: Tokens.space1),
          Flexible(
            child: Text(
              text,
              maxLines: 1,
              overflow: TextOverflow.ellipsis,
              style: Theme.of(context).textTheme.labelSmall?.copyWith(color: colors.onAccent),
            ),
          ),
        ],
      ),
    );
  }
}

/// The banner while the shop can't be reached.
class OfflineBanner extends StatelessWidget {
  const OfflineBanner({super.key});

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    final reachability = context.watch<Reachability>();
    if (!reachability.offline) return const SizedBox.shrink();
    final slow = reachability.isSlow;
    return Semantics(
      container: true,
      liveRegion: true,
      child: Container(
        width: double.infinity,
        color: colors.accentTint,
        padding: const EdgeInsets.symmetric(horizontal: Tokens.space4, vertical: Tokens.space2),
        child: Hint(
          slow ? Texts.slowBanner : Texts.offlineBanner,
          icon: slow ? Icons.hourglass_bottom : Icons.wifi_off,
          color: colors.text,
        ),
      ),
    );
  }
}
