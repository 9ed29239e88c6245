import 'package:flutter/widgets.dart';

/// Whether the app is visible. In the background it has no connections and makes no calls.
class AppActivity extends ValueNotifier<bool> {
  AppActivity() : super(true) {
    _listener = AppLifecycleListener(onHide: () => value = false, onShow: () => value = true);
  }

  late final AppLifecycleListener _listener;

  @override
  void dispose() {
    _listener.dispose();
    super.dispose();
  }
}
