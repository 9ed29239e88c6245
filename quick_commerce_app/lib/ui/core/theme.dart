import 'package:flutter/material.dart';

import 'tokens.dart';

/// Material's themes, made of the shop's tokens.
abstract final class ShopThemes {
  static final ThemeData light = _theme(ShopColors.light, Brightness.light);
  static final ThemeData dark = _theme(ShopColors.dark, Brightness.dark);

  static ThemeData _theme(ShopColors colors, Brightness brightness) {
    final text = _text(colors);
    final shape = RoundedRectangleBorder(borderRadius: BorderRadius.circular(Tokens.radiusControl));
    return ThemeData(
      brightness: brightness,
      colorScheme: _scheme(colors, brightness),
      scaffoldBackgroundColor: colors.background,
      textTheme: text,
      dividerColor: colors.line,
      extensions: <ThemeExtension<dynamic>>[colors],
      materialTapTargetSize: MaterialTapTargetSize.padded,
      // Touch targets have the same size on a desktop's touch screen.
      visualDensity: VisualDensity.standard,
      filledButtonTheme: FilledButtonThemeData(
        style: FilledButton.styleFrom(
          backgroundColor: colors.primary,
          foregroundColor: colors.onPrimary,
          disabledBackgroundColor: colors.line,
          disabledForegroundColor: colors.muted,
          minimumSize: const Size(tapTarget, tapTarget),
          shape: shape,
          textStyle: text.labelLarge,
        ),
      ),
      outlinedButtonTheme: OutlinedButtonThemeData(
        style: OutlinedButton.styleFrom(
          foregroundColor: colors.primary,
          side: BorderSide(color: colors.border),
          minimumSize: const Size(tapTarget, tapTarget),
          shape: shape,
          textStyle: text.labelLarge,
        ),
      ),
      textButtonTheme: TextButtonThemeData(
        style: TextButton.styleFrom(
          foregroundColor: colors.primary,
          minimumSize: const Size(tapTarget, tapTarget),
          shape: shape,
          textStyle: text.labelLarge,
        ),
      ),
      iconButtonTheme: IconButtonThemeData(
        style: IconButton.styleFrom(
          foregroundColor: colors.text,
          minimumSize: const Size(tapTarget, tapTarget),
        ),
      ),
      snackBarTheme: SnackBarThemeData(
        backgroundColor: colors.inverse,
        actionTextColor: colors.inverseAction,
        contentTextStyle: text.bodyMedium?.copyWith(color: colors.onInverse),
        behavior: SnackBarBehavior.floating,
        shape: shape,
      ),
    );
  }

  static ColorScheme _scheme(ShopColors colors, Brightness brightness) {
    return ColorScheme(
      brightness: brightness,
      primary: colors.primary,
      onPrimary: colors.onPrimary,
      secondary: colors.accent,
      onSecondary: colors.onAccent,
      secondaryContainer: colors.tint,
      onSecondaryContainer: colors.text,
      error: colors.danger,
      onError: colors.onDanger,
      surface: colors.background,
      onSurface: colors.text,
      onSurfaceVariant: colors.muted,
      surfaceTint: colors.background,
      outline: colors.border,
      outlineVariant: colors.line,
      inverseSurface: colors.inverse,
      onInverseSurface: colors.onInverse,
      inversePrimary: colors.inverseAction,
    );
  }

  static TextTheme _text(ShopColors colors) {
    TextStyle style(double size, FontWeight weight, double height, [Color? color]) =>
        TextStyle(fontSize: size, fontWeight: weight, height: height, color: color ?? colors.text);
    return TextTheme(
      headlineMedium: style(Tokens.text28, Tokens.weightBold, 1.2),
      titleLarge: style(Tokens.text20, Tokens.weightBold, 1.3),
      titleMedium: style(Tokens.text16, Tokens.weightBold, 1.4),
      titleSmall: style(Tokens.text14, Tokens.weightBold, 1.4),
      bodyLarge: style(Tokens.text16, Tokens.weightNormal, 1.5),
      bodyMedium: style(Tokens.text14, Tokens.weightNormal, 1.45),
      bodySmall: style(Tokens.text12, Tokens.weightNormal, 1.4, colors.muted),
      labelLarge: style(Tokens.text16, Tokens.weightMedium, 1.25),
      labelMedium: style(Tokens.text14, Tokens.weightMedium, 1.25),
      labelSmall: style(Tokens.text12, Tokens.weightMedium, 1.25),
    );
  }
}
