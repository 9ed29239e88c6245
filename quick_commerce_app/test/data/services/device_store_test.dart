import 'dart:async';

import 'package:fake_async/fake_async.dart';
import 'package:flutter_secure_storage/flutter_secure_storage.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/services/device_store.dart';

void main() {
  test('an entry can be read until it is deleted', () async {
    FlutterSecureStorage.setMockInitialValues({});
    final store = SecureStore();
    expect(await store.read(StoreKey.address), isNull);
    await store.write(StoreKey.address, 'http://shop.test');
    expect(await SecureStore().read(StoreKey.address), 'http://shop.test');
    await store.delete(StoreKey.address);
    expect(await store.read(StoreKey.address), isNull);
  });

  test('an entry that the device refuses is kept for this run', () async {
    final store = SecureStore(_Broken());
    await store.write(StoreKey.session, 'kept');
    expect(await store.read(StoreKey.session), 'kept');
    await store.delete(StoreKey.session);
    expect(await store.read(StoreKey.session), isNull);
  });

  test('an entry that the device cannot delete is missing for this run', () async {
    FlutterSecureStorage.setMockInitialValues({StoreKey.session.entry: 'old'});
    final store = SecureStore(_ReadOnly());
    expect(await store.read(StoreKey.session), 'old');
    await store.delete(StoreKey.session);
    expect(await store.read(StoreKey.session), isNull);
    await store.write(StoreKey.session, 'new');
    expect(await store.read(StoreKey.session), 'new');
  });

  test('a device that does not answer causes no delay', () {
    fakeAsync((async) {
      final store = SecureStore(_Silent());
      var done = 0;
      unawaited(store.read(StoreKey.address).then((text) => text == null ? done++ : 0));
      unawaited(store.write(StoreKey.session, 'kept').then((_) => done++));
      async.elapse(const Duration(seconds: 5));
      expect(done, 2);
      unawaited(store.read(StoreKey.session).then((text) => text == 'kept' ? done++ : 0));
      async.flushMicrotasks();
      expect(done, 3);
    });
  });
}

class _ReadOnly implements FlutterSecureStorage {
  @override
  Object? noSuchMethod(Invocation invocation) => invocation.memberName == #read
      ? const FlutterSecureStorage().read(key: '${invocation.namedArguments[#key]}')
      : throw StateError('nothing is kept here');
}

class _Silent implements FlutterSecureStorage {
  @override
  Object? noSuchMethod(Invocation invocation) =>
      invocation.memberName == #read ? Completer<String?>().future : Completer<void>().future;
}

class _Broken implements FlutterSecureStorage {
  @override
  Object? noSuchMethod(Invocation invocation) => throw StateError('nothing is kept here');
}
