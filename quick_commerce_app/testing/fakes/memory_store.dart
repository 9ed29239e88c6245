import 'package:quick_commerce_app/data/services/device_store.dart';

/// A device store in memory.
class MemoryStore implements DeviceStore {
  MemoryStore([Map<StoreKey, String> entries = const {}]) : entries = {...entries};

  final Map<StoreKey, String> entries;

  @override
  Future<String?> read(StoreKey key) async => entries[key];

  @override
  Future<void> write(StoreKey key, String value) async {
    entries[key] = value;
  }

  @override
  Future<void> delete(StoreKey key) async {
    entries.remove(key);
  }
}
