import 'package:flutter/foundation.dart';
import 'package:flutter_secure_storage/flutter_secure_storage.dart';

/// The stored data of the device: short texts by name.
abstract interface class DeviceStore {
  /// The text, or null.
  Future<String?> read(StoreKey key);

  Future<void> write(StoreKey key, String value);

  Future<void> delete(StoreKey key);
}

/// The stored entries.
enum StoreKey {
  /// The login.
  session('tokri.session'),

  /// The device id that the shop assigned, for each account that logged in.
  devices('tokri.devices'),

  /// The open attempt to order, with its idempotency key.
  attempt('tokri.attempt'),

  /// The order that was placed last.
  active('tokri.active'),

  /// The shop's address, if the user has set one.
  address('tokri.address');

  const StoreKey(this.entry);

  /// Its name in the store.
  final String entry;
}

/// Stores entries in the Keychain, the Keystore, or the browser's storage.
///
/// If that fails or does not answer (storage that is full or blocked, a browser without
/// cryptography for pages from plain http addresses), entries are kept for this run only: the user
/// logs in again next time, and everything else works.
class SecureStore implements DeviceStore {
  SecureStore([this._storage = const FlutterSecureStorage()]);

  /// The timeout of the device.
  static const Duration _timeout = Duration(seconds: 4);

  final FlutterSecureStorage _storage;

  /// Entries that the device doesn't have yet or refused; null for entries that it should delete.
  final Map<StoreKey, String?> _unkept = {};

  @override
  Future<String?> read(StoreKey key) async {
    if (_unkept.containsKey(key)) return _unkept[key];
    try {
      return await _storage.read(key: key.entry).timeout(_timeout);
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
      await change().timeout(_timeout);
      if (_unkept[key] == value) _unkept.remove(key);
    } on Object catch (error) {
      _complain(what, key, error);
    }
  }

  // The type of the error only: its text may contain the entry.
  void _complain(String what, StoreKey key, Object error) =>
      debugPrint('${key.entry} could not be $what: ${error.runtimeType}');
}
