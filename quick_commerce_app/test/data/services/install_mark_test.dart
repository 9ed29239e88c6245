import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/services/device_store.dart';
import 'package:quick_commerce_app/data/services/install_mark.dart';

import '../../../testing/fakes/memory_store.dart';

void main() {
  late MemoryStore store;

  setUp(() async {
    store = MemoryStore();
    await store.write(StoreKey.session, 'of the app before');
  });

  test('the first run deletes the entries of an earlier installation', () async {
    final mark = _Mark();
    await forgetEarlierInstall(store, mark);
    expect(await store.read(StoreKey.session), isNull);
    await store.write(StoreKey.session, 'own');
    await forgetEarlierInstall(store, mark);
    expect(await store.read(StoreKey.session), 'own');
  });

  test('an unreadable mark deletes nothing', () async {
    await forgetEarlierInstall(store, _BrokenMark());
    expect(await store.read(StoreKey.session), 'of the app before');
  });
}

class _Mark implements InstallMark {
  bool _isSet = false;

  @override
  Future<bool> isSet() async => _isSet;

  @override
  Future<void> set() async => _isSet = true;
}

class _BrokenMark implements InstallMark {
  @override
  Future<bool> isSet() async => throw Exception('no preferences');

  @override
  Future<void> set() async => throw Exception('no preferences');
}
