import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/services/device_store.dart';
import 'package:quick_commerce_app/data/services/known_devices.dart';

import '../../../testing/fakes/memory_store.dart';

void main() {
  late MemoryStore store;
  late KnownDevices devices;

  setUp(() {
    store = MemoryStore();
    devices = KnownDevices(store: store);
  });

  test('each account has its newest device id', () async {
    expect(await devices.of('asha@example.com'), isNull);
    await devices.keep('asha@example.com', 'first');
    await devices.keep('ravi@example.com', 'his');
    await devices.keep('Asha@Example.com', 'second');
    expect(await KnownDevices(store: store).of('asha@example.com'), 'second');
    expect(await devices.of('RAVI@example.com'), 'his');
  });

  test('the device ids of the most recent accounts are kept', () async {
    for (var n = 0; n < 9; n++) {
      await devices.keep('user$n@example.com', '$n');
      await devices.keep('asha@example.com', 'hers');
    }
    expect(await devices.of('user0@example.com'), isNull);
    expect(await devices.of('user8@example.com'), '8');
    expect(await devices.of('asha@example.com'), 'hers');
  });

  test('an unreadable entry is ignored', () async {
    for (final kept in ['not JSON', '[]', '{"asha@example.com": 1}']) {
      store.entries[StoreKey.devices] = kept;
      expect(await devices.of('asha@example.com'), isNull);
    }
    await devices.keep('asha@example.com', 'new');
    expect(await devices.of('asha@example.com'), 'new');
  });
}
