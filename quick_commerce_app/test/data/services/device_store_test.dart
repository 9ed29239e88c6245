import 'package:flutter_secure_storage/flutter_secure_storage.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/services/device_store.dart';

void main() {
  test('what is written is read, until it is deleted', () async {
    FlutterSecureStorage.setMockInitialValues({});
    final store = SecureStore();
    expect(await store.read(StoreKey.address), isNull);
    await store.write(StoreKey.address, 'http://shop.test');
    expect(await SecureStore().read(StoreKey.address), 'http://shop.test');
    await store.delete(StoreKey.address);
    expect(await store.read(StoreKey.address), isNull);
  });

  test('where the device keeps nothing, it is kept for this run', () async {
    final store = SecureStore(_Broken());
    await store.write(StoreKey.session, 'kept');
    expect(await store.read(StoreKey.session), 'kept');
    await store.delete(StoreKey.session);
    expect(await store.read(StoreKey.session), isNull);
  });
}

class _Broken implements FlutterSecureStorage {
  @override
  Object? noSuchMethod(Invocation invocation) => throw StateError('nothing is kept here');
}
