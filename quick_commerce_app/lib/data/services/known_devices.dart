import 'dart:convert';

import '../../utils/json.dart';
import 'device_store.dart';

/// The device ids that the shop returned in X-Device, by account. A login that sends its id is not
/// refused because of failed logins of others. It gives no rights, so it outlives the session.
class KnownDevices {
  KnownDevices({required DeviceStore store}) : _store = store;

  static const int _most = 8;

  final DeviceStore _store;

  /// The device id of the last login to an account; null before the first.
  Future<String?> of(String email) async => (await _read())[email.toLowerCase()];

  /// Stores it for the most recent accounts.
  Future<void> keep(String email, String device) async {
    final all = await _read();
    all.remove(email.toLowerCase());
    all[email.toLowerCase()] = device;
    if (all.length > _most) all.remove(all.keys.first);
    await _store.write(StoreKey.devices, jsonEncode(all));
  }

  // An unreadable entry counts as missing.
  Future<Map<String, String>> _read() async {
    final text = await _store.read(StoreKey.devices);
    if (text == null) return {};
    try {
      final kept = asObject(jsonDecode(text));
      return {for (final email in kept.keys) email: readString(kept, email)};
    } on FormatException {
      return {};
    }
  }
}
