import 'dart:convert';

import '../../utils/json.dart';
import 'device_store.dart';

/// What the shop returned in X-Device, by account. A login that sends it is not refused because
/// others tried to guess the account's password. It gives no rights, so it outlives the session.
class KnownDevices {
  KnownDevices({required DeviceStore store}) : _store = store;

  static const int _most = 8;

  final DeviceStore _store;

  /// What the last login to an account returned; null before the first.
  Future<String?> of(String email) async => (await _read())[email.toLowerCase()];

  /// Keeps it, for the accounts that logged in last.
  Future<void> keep(String email, String device) async {
    final all = await _read();
    all.remove(email.toLowerCase());
    all[email.toLowerCase()] = device;
    if (all.length > _most) all.remove(all.keys.first);
    await _store.write(StoreKey.devices, jsonEncode(all));
  }

  // What can't be read is none.
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
