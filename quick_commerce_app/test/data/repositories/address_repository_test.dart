import 'package:flutter/foundation.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/repositories/address_repository.dart';
import 'package:quick_commerce_app/data/services/device_store.dart';

import '../../../testing/fakes/memory_store.dart';

void main() {
  group('a typed address', () {
    const good = {
      'http://localhost:8080': 'http://localhost:8080',
      ' https://shop.example.com/ ': 'https://shop.example.com',
      'http://192.168.1.20:8080/': 'http://192.168.1.20:8080',
      'HTTP://Shop.Example.com': 'http://shop.example.com',
    };
    good.forEach((text, address) {
      test('"$text"', () => expect(ApiAddress.parse(text).toString(), address));
    });
    const bad = [
      '',
      'localhost:8080',
      'shop.example.com',
      'ftp://shop.example.com',
      'http://',
      'http://shop.example.com/path',
      'http://shop.example.com?q=1',
      'http://user@shop.example.com',
      'http://a b',
    ];
    for (final text in bad) {
      test('not "$text"', () => expect(ApiAddress.parse(text), isNull));
    }
  });

  group('the standard one', () {
    tearDown(() => debugDefaultTargetPlatformOverride = null);

    test('is this machine, which an Android emulator reaches at an address of its own', () {
      debugDefaultTargetPlatformOverride = TargetPlatform.android;
      expect(ApiAddress.standard.toString(), 'http://10.0.2.2:8080');
      debugDefaultTargetPlatformOverride = TargetPlatform.iOS;
      expect(ApiAddress.standard.toString(), 'http://localhost:8080');
    });
  });

  test('a stored address is restored at the next start, until it is reset', () async {
    final store = MemoryStore();
    final address = ApiAddress(store: store);
    addTearDown(address.dispose);
    await address.change(Uri.parse('http://shop.test:1234'));
    final next = ApiAddress(store: store);
    addTearDown(next.dispose);
    await next.restore();
    expect(next.value.toString(), 'http://shop.test:1234');
    await next.reset();
    expect(next.value, ApiAddress.standard);
    expect(store.entries, isEmpty);
  });

  test('an unreadable address is replaced by the standard one', () async {
    final address = ApiAddress(store: MemoryStore({StoreKey.address: 'nonsense'}));
    addTearDown(address.dispose);
    await address.restore();
    expect(address.value, ApiAddress.standard);
  });

  test('pictures are at the shop, or at their own address', () {
    final address = ApiAddress(store: MemoryStore(), initial: Uri.parse('http://shop.test:8080'));
    addTearDown(address.dispose);
    expect(address.resolve('/pictures/a.webp').toString(), 'http://shop.test:8080/pictures/a.webp');
    expect(address.resolve('https://cdn.test/a.webp').toString(), 'https://cdn.test/a.webp');
  });
}
