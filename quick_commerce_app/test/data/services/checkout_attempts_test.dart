import 'dart:convert';

import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/services/checkout_attempts.dart';
import 'package:quick_commerce_app/data/services/device_store.dart';
import 'package:quick_commerce_app/domain/models/cart.dart';
import 'package:quick_commerce_app/utils/json.dart';

import '../../../testing/fakes/memory_store.dart';
import '../../../testing/fakes/samples.dart';

void main() {
  late MemoryStore store;
  late DateTime now;
  final cart = Cart(lines: [sampleLine(sampleMilk, 2)], loaded: true);

  setUp(() {
    store = MemoryStore();
    now = DateTime.utc(2026, 1, 5, 9);
  });

  // A new one each time, as after a restart of the app.
  CheckoutAttempts attempts() => CheckoutAttempts(store: store, now: () => now);

  test('the same cart is the same attempt, over restarts', () async {
    final first = await attempts().open('asha', cart);
    final again = await attempts().open('asha', cart);
    expect(again.key, first.key);
    expect(first.key, matches(RegExp(r'^[0-9a-f]{32}$')));
    expect(first.total, 12000);
  });

  test('another cart, price or user is another attempt', () async {
    final first = await attempts().open('asha', cart);
    final more = Cart(lines: [sampleLine(sampleMilk, 3)], loaded: true);
    final second = await attempts().open('asha', more);
    expect(second.key, isNot(first.key));
    final other = await attempts().open('ravi', more);
    expect(other.key, isNot(second.key));
    expect(await attempts().current('asha'), isNull);
    expect((await attempts().current('ravi'))?.key, other.key);
  });

  test('the same products on new lines are another attempt', () async {
    final first = await attempts().open('asha', cart);
    final again = Cart(lines: [sampleLine(sampleMilk, 2, lineId: 'new')], loaded: true);
    expect((await attempts().open('asha', again)).key, isNot(first.key));
  });

  test('an attempt is closed by its answer, and by its age', () async {
    final first = await attempts().open('asha', cart);
    await attempts().close(first);
    expect(await attempts().current('asha'), isNull);
    final second = await attempts().open('asha', cart);
    expect(second.key, isNot(first.key));
    now = now.add(const Duration(minutes: 15));
    expect((await attempts().open('asha', cart)).key, isNot(second.key));
  });

  test('only the stored attempt can be closed', () async {
    final first = await attempts().open('asha', cart);
    final other = Cart(lines: [sampleLine(sampleMilk, 2, lineId: 'new')], loaded: true);
    final second = await attempts().open('asha', other);
    await attempts().close(first);
    expect((await attempts().current('asha'))?.key, second.key);
    final third = await attempts().open('ravi', cart);
    await attempts().close(second);
    expect((await attempts().current('ravi'))?.key, third.key);
  });

  test('a cart without the lines of an attempt is detected', () async {
    final two = [sampleLine(sampleMilk, 2), sampleLine(sampleBread, 1)];
    await attempts().open('asha', Cart(lines: two, loaded: true));
    final kept = await attempts().current('asha');
    final milk = Cart(lines: [sampleLine(sampleMilk, 5)], loaded: true);
    final again = Cart(lines: [sampleLine(sampleMilk, 2, lineId: 'new')], loaded: true);
    expect(kept?.isGoneFrom(milk), isFalse);
    expect(kept?.isGoneFrom(again), isTrue);
  });

  test('an unreadable attempt is ignored', () async {
    store.entries[StoreKey.attempt] = '{"key": 5}';
    expect(await attempts().current('asha'), isNull);
  });

  test('an attempt of a version that stored no lines is ignored', () async {
    await attempts().open('asha', cart);
    final old = asObject(jsonDecode(store.entries[StoreKey.attempt]!))..remove('lines');
    store.entries[StoreKey.attempt] = jsonEncode(old);
    expect(await attempts().current('asha'), isNull);
  });
}
