import 'package:flutter/material.dart';

/// Says something for a moment at the screen's lower edge; another message takes its place. Screen
/// readers read it out.
void showMessage(
  ScaffoldMessengerState messenger,
  String text, {
  String? actionLabel,
  VoidCallback? onAction,
}) {
  messenger
    ..hideCurrentSnackBar()
    ..showSnackBar(
      SnackBar(
        duration: const Duration(seconds: 6),
        // For a screen reader's users an action stays until it is pressed; it would for all.
        persist: onAction != null && MediaQuery.accessibleNavigationOf(messenger.context),
        content: Text(text),
        action: actionLabel == null || onAction == null
            ? null
            : SnackBarAction(label: actionLabel, onPressed: onAction),
      ),
    );
}
