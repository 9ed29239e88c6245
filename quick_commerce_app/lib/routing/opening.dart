import 'dart:async';

import 'package:flutter/foundation.dart';
import 'package:flutter/widgets.dart';
import 'package:go_router/go_router.dart';

/// Opens screens on top of others. In a browser each has an address and an entry in the history
/// instead, so that it can be reloaded and the browser's Back returns to the previous screen.
extension Opening on BuildContext {
  /// Opens a screen, from which Back leads here.
  void open(String path) {
    if (kIsWeb) {
      go(path);
    } else {
      unawaited(push<void>(path));
    }
  }

  /// Opens a screen in this one's place.
  void openInstead(String path) {
    if (kIsWeb) {
      go(path);
    } else {
      pushReplacement(path);
    }
  }
}
