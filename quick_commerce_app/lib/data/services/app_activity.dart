import 'package:flutter/widgets.dart';

/// Whether the app is to be seen. In the background it holds no connection and asks for nothing.
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
