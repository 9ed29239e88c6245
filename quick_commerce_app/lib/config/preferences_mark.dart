import 'package:flutter/foundation.dart';
import 'package:shared_preferences/shared_preferences.dart';

import '../data/services/install_mark.dart';

/// The mark of this device's system; null if the app's stored data is removed with the app anyway.
InstallMark? installMark() =>
    !kIsWeb && defaultTargetPlatform == TargetPlatform.iOS ? PreferencesMark() : null;

/// A preference: removed with the app, unlike entries of the Keychain.
class PreferencesMark implements InstallMark {
  static const String _name = 'tokri.installed';

  final SharedPreferencesAsync _preferences = SharedPreferencesAsync();

  @override
  Future<bool> isSet() async => await _preferences.getBool(_name) ?? false;

  @override
  Future<void> set() => _preferences.setBool(_name, true);
}
