import 'package:flutter/material.dart';

/// The shop's sizes and motion: the same names and values as in the storefront's
/// `nginx/www/assets/css/tokens.css`, which is the source. A rem is 16 logical pixels.
abstract final class Tokens {
  // Spaces: steps of 4.
  static const double space1 = 4;
  static const double space2 = 8;
  static const double space3 = 12;
  static const double space4 = 16;
  static const double space5 = 20;
  static const double space6 = 24;
  static const double space8 = 32;
  static const double space10 = 40;
  static const double space12 = 48;

  // Type.
  static const double text12 = 12;
  static const double text14 = 14;
  static const double text16 = 16;
  static const double text20 = 20;
  static const double text28 = 28;
  static const FontWeight weightNormal = FontWeight.w400;

  /// 550 in the storefront; platform fonts have 500 and 600 only.
  static const FontWeight weightMedium = FontWeight.w600;
  static const FontWeight weightBold = FontWeight.w700;

  // Shapes.
  static const double radiusCard = 14;
  static const double radiusControl = 10;
  static const double radiusRound = 999;
  static const double target = 44;

  // Motion.
  static const Duration quick = Duration(milliseconds: 140);
  static const Duration slow = Duration(milliseconds: 600);
  static const Cubic ease = Cubic(0.2, 0.7, 0.2, 1);
}

/// The minimum size of a touch target on Android; [Tokens.target] is that of the web.
const double tapTarget = 48;

/// The shop's colours, in a light and a dark scheme; names and values as in the storefront's
/// `tokens.css`.
@immutable
class ShopColors extends ThemeExtension<ShopColors> {
  const ShopColors({
    required this.background,
    required this.surface,
    required this.card,
    required this.tint,
    required this.text,
    required this.muted,
    required this.line,
    required this.border,
    required this.primary,
    required this.primaryStrong,
    required this.onPrimary,
    required this.accent,
    required this.onAccent,
    required this.accentTint,
    required this.danger,
    required this.onDanger,
    required this.dangerTint,
    required this.hero,
    required this.heroDeep,
    required this.onHero,
    required this.inverse,
    required this.onInverse,
    required this.inverseAction,
    required this.veil,
  });

  static const ShopColors light = ShopColors(
    background: Color(0xFFFFFFFF),
    surface: Color(0xFFF6F8F5),
    card: Color(0xFFFFFFFF),
    tint: Color(0xFFE7F4EC),
    text: Color(0xFF17211B),
    muted: Color(0xFF5A675F),
    line: Color(0xFFE3E9E4),
    border: Color(0xFF7C8A82),
    primary: Color(0xFF0B6B3A),
    primaryStrong: Color(0xFF08522C),
    onPrimary: Color(0xFFFFFFFF),
    accent: Color(0xFFFFB703),
    onAccent: Color(0xFF17211B),
    accentTint: Color(0xFFFFF3D1),
    danger: Color(0xFFB3261E),
    onDanger: Color(0xFFFFFFFF),
    dangerTint: Color(0xFFFDECEB),
    hero: Color(0xFF0B6B3A),
    heroDeep: Color(0xFF084A29),
    onHero: Color(0xFFFFFFFF),
    inverse: Color(0xFF17211B),
    onInverse: Color(0xFFFFFFFF),
    inverseAction: Color(0xFFFFCF5C),
    veil: Color(0x8C0F1512),
  );

  static const ShopColors dark = ShopColors(
    background: Color(0xFF0F1512),
    surface: Color(0xFF19231E),
    card: Color(0xFF161E1A),
    tint: Color(0xFF1D3327),
    text: Color(0xFFE6ECE8),
    muted: Color(0xFF9AA8A0),
    line: Color(0xFF26312B),
    border: Color(0xFF76857C),
    primary: Color(0xFF7FD6A4),
    primaryStrong: Color(0xFFA2E6BF),
    onPrimary: Color(0xFF0A2416),
    accent: Color(0xFFFFB703),
    onAccent: Color(0xFF17211B),
    accentTint: Color(0xFF33290D),
    danger: Color(0xFFFFB4AB),
    onDanger: Color(0xFF4A0A06),
    dangerTint: Color(0xFF331816),
    hero: Color(0xFF0D4A2B),
    heroDeep: Color(0xFF0A2F1D),
    onHero: Color(0xFFFFFFFF),
    inverse: Color(0xFFE6ECE8),
    onInverse: Color(0xFF17211B),
    inverseAction: Color(0xFF0B6B3A),
    veil: Color(0x8C0F1512),
  );

  final Color background;
  final Color surface;
  final Color card;
  final Color tint;
  final Color text;
  final Color muted;
  final Color line;
  final Color border;
  final Color primary;
  final Color primaryStrong;
  final Color onPrimary;
  final Color accent;
  final Color onAccent;
  final Color accentTint;
  final Color danger;
  final Color onDanger;
  final Color dangerTint;
  final Color hero;
  final Color heroDeep;
  final Color onHero;
  final Color inverse;
  final Color onInverse;
  final Color inverseAction;
  final Color veil;

  @override
  ShopColors copyWith() => this;

  /// Schemes are not interpolated: between two of them contrast would be too low.
  @override
  ShopColors lerp(ThemeExtension<ShopColors>? other, double t) =>
      other is ShopColors && t >= 0.5 ? other : this;
}

/// The only level of shadow, by scheme.
abstract final class Shadows {
  static const List<BoxShadow> light = [
    BoxShadow(color: Color(0x0F17211B), offset: Offset(0, 1), blurRadius: 2),
    BoxShadow(color: Color(0x1A17211B), offset: Offset(0, 6), blurRadius: 20),
  ];
  static const List<BoxShadow> dark = [
    BoxShadow(color: Color(0x66000000), offset: Offset(0, 1), blurRadius: 2),
    BoxShadow(color: Color(0x73000000), offset: Offset(0, 8), blurRadius: 24),
  ];
}

/// The tokens that depend on the scheme, and whether motion is reduced.
extension ShopTheme on BuildContext {
  ShopColors get colors => Theme.of(this).extension<ShopColors>() ?? ShopColors.light;

  List<BoxShadow> get shadow =>
      Theme.of(this).brightness == Brightness.dark ? Shadows.dark : Shadows.light;

  /// A duration that is zero with reduced motion.
  Duration motion(Duration wanted) => MediaQuery.disableAnimationsOf(this) ? Duration.zero : wanted;
}
