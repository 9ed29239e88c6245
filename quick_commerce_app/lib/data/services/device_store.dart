import 'package:flutter/foundation.dart';
import 'package:flutter_secure_storage/flutter_secure_storage.dart';

/// What the device keeps between two runs of the app: short texts by name.
abstract interface class DeviceStore {
  /// The text, or null where there is none.
  Future<String?> read(StoreKey key);

  Future<void> write(StoreKey key, String value);

  Future<void> delete(StoreKey key);
}

/// What is kept.
enum StoreKey {
  /// The login.
  session('tokri.session'),

  /// What the shop knows this device again by, for each account that logged in.
  devices('tokri.devices'),

  /// The open attempt to order, with its idempotency key.
  attempt('tokri.attempt'),

  /// The order that was placed last.
  active('tokri.active'),

  /// The shop's address, where the user has set one.
  address('tokri.address');

  const StoreKey(this.entry);

  /// Its name in the store.
  final String entry;
}

/// Keeps things in the Keychain, the Keystore, or in the browser's storage.
///
/// Where that fails or doesn't answer (storage that is full or blocked, a browser without
/// cryptography for pages from plain http addresses), things are kept for this run alone: one logs
/// in again next time, and everything else works.
class SecureStore implements DeviceStore {
  SecureStore([this._storage = const FlutterSecureStorage()]);

  /// How long the device may take.
  static const Duration _patience = Duration(seconds: 4);

  final FlutterSecureStorage _storage;

  /// What the device doesn't have yet, or would not take; null for what it should no longer have.
  final Map<StoreKey, String?> _unkept = {};

  @override
  Future<String?> read(StoreKey key) async {
    if (_unkept.containsKey(key)) return _unkept[key];
    try {
      return await _storage.read(key: key.entry).timeout(_patience);
    } on Object catch (error) {
      _complain('read', key, error);
      return null;
    }
  }

  @override
  Future<void> write(StoreKey key, String value) =>
      _change('written', key, value, () => _storage.write(key: key.entry, value: value));

  @override
  Future<void> delete(StoreKey key) =>
      _change('deleted', key, null, () => _storage.delete(key: key.entry));

  Future<void> _change(
    String what,
    StoreKey key,
    String? value,
    Future<void> Function() change,
  ) async {
    _unkept[key] = value;
    try {
      await change().timeout(_patience);
      if (_unkept[key] == value) _unkept.remove(key);
    } on Object catch (error) {
      _complain(what, key, error);
    }
  }

  // The kind of error alone: its text may hold what was to be kept.
  void _complain(String what, StoreKey key, Object error) =>
      debugPrint('${key.entry} could not be $what: ${error.runtimeType}');
}
