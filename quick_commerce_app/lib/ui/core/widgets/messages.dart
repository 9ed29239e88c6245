import 'package:flutter/material.dart';

/// Shows a message for a moment at the screen's lower edge; another message replaces it. Screen
/// readers announce it.
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
        // By default an action would stay until it is pressed, as for users of screen readers.
        persist: onAction != null && MediaQuery.accessibleNavigationOf(messenger.context),
        content: Text(text),
        action: actionLabel == null || onAction == null
            ? null
            : SnackBarAction(label: actionLabel, onPressed: onAction),
      ),
    );
}
