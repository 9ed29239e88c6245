import 'dart:async';

import 'package:fake_async/fake_async.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/repositories/order_repository_remote.dart';
import 'package:quick_commerce_app/data/services/checkout_attempts.dart';
import 'package:quick_commerce_app/data/services/device_store.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/domain/models/cart.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/domain/models/session.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/api_fixture.dart';
import '../../../testing/fakes/fake_shop.dart';
import '../../../testing/fakes/memory_store.dart';
import '../../../testing/fakes/samples.dart';

const create = 'POST /order/create';
const otherUser = '000000000000000000000002';

/// A store that fails when the attempt is removed, as if the app ended then.
class _EndingStore extends MemoryStore {
  @override
  Future<void> delete(StoreKey key) async => throw StateError('ended');
}

void main() {
  late ApiFixture fixture;
  final cart = Cart(lines: [sampleLine(sampleMilk, 2)], loaded: true);

  setUp(() => fixture = ApiFixture()..logIn());
  tearDown(() => fixture.dispose());

  // A new one each time, as after a restart of the app.
  OrderRepositoryRemote orders() => OrderRepositoryRemote(
    api: fixture.api,
    sessions: fixture.sessions,
    attempts: CheckoutAttempts(store: fixture.store, now: () => fixture.now),
    store: fixture.store,
  );

  List<String?> keys() =>
      fixture.shop.callsOf(create).map((call) => call.headers['Idempotency-Key']).toList();

  Future<PlacedOrder?> recovered() async {
    final result = await orders().recover();
    expect(result, isA<Ok<PlacedOrder?>>());
    return result.valueOrNull;
  }

  // Places an order whose answer is lost.
  Future<void> lose() async {
    fixture.shop.next(create, lostAnswer);
    await orders().place(cart);
  }

  group('placing an order', () {
    test('sends the displayed total, and a key', () async {
      fixture.shop.always(create, sampleAnswer('order_create'));
      final result = await orders().place(cart);
      expect(result.valueOrNull?.orderId, '000000000000000000000005');
      expect(result.valueOrNull?.total, 20850);
      expect(fixture.shop.calls.single.body, {'user_id': sampleUserId, 'expected_total': 120});
      expect(keys().single, hasLength(32));
      expect(fixture.store.entries, isNot(contains(StoreKey.attempt)));
    });

    test('an app that ends after the answer still finds the order', () async {
      fixture.shop.always(create, sampleAnswer('order_create'));
      final store = _EndingStore();
      final place = OrderRepositoryRemote(
        api: fixture.api,
        sessions: fixture.sessions,
        attempts: CheckoutAttempts(store: store, now: () => fixture.now),
        store: store,
      ).place(cart);
      await expectLater(place, throwsA(isA<StateError>()));
      expect(store.entries[StoreKey.active], contains('000000000000000000000005'));
    });

    for (final lost in ['no answer', 'error_unavailable']) {
      test('after $lost, the same cart has the same key, over a restart too', () async {
        fixture.shop.next(create, lost == 'no answer' ? lostAnswer : sampleAnswer(lost));
        fixture.shop.always(create, sampleAnswer('order_create'));
        final first = await orders().place(cart);
        expect(first.errorOrNull?.unsure, isTrue);
        expect(await orders().place(cart), isA<Ok<PlacedOrder>>());
        expect(keys().toSet(), hasLength(1));
        await orders().place(cart);
        expect(keys().toSet(), hasLength(2), reason: 'that is another order');
      });
    }

    for (final refusal in ['error_out_of_stock', 'error_total_changed', 'error_cart_is_empty']) {
      test('after $refusal another try has another key', () async {
        fixture.shop.next(create, sampleAnswer(refusal));
        fixture.shop.always(create, sampleAnswer('order_create'));
        final first = await orders().place(cart);
        expect(first.errorOrNull, isA<Refused>());
        await orders().place(cart);
        expect(keys().toSet(), hasLength(2));
      });
    }

    test('an expired session keeps the attempt', () async {
      fixture.shop.next(create, sampleAnswer('error_token_over'));
      fixture.shop.always(create, sampleAnswer('order_create'));
      expect((await orders().place(cart)).errorOrNull, isA<Unauthorised>());
      fixture.logIn(token: 'new');
      await orders().place(cart);
      expect(keys().toSet(), hasLength(1));
    });

    test('a guest cannot order', () async {
      fixture.sessions.end(SessionEnd.left);
      expect((await orders().place(cart)).errorOrNull, isA<Unauthorised>());
      expect((await orders().orders()).errorOrNull, isA<Unauthorised>());
      expect(await recovered(), isNull);
      expect(fixture.shop.calls, isEmpty);
    });

    test('a rate limit is reported, and retried with the same key', () {
      fakeAsync((async) {
        fixture.shop.next(
          create,
          jsonAnswer({'detail': 'x'}, status: 429, headers: {'retry-after': '3'}),
        );
        fixture.shop.next(
          create,
          jsonAnswer({'detail': 'x', 'code': 'request_in_progress'}, status: 409),
        );
        fixture.shop.always(create, sampleAnswer('order_create'));
        final pauses = <ApiError>[];
        Result<PlacedOrder>? result;
        unawaited(orders().place(cart, onPause: pauses.add).then((it) => result = it));
        async.elapse(const Duration(milliseconds: 2900));
        expect(pauses, [isA<TooMany>()]);
        expect(fixture.shop.calls, hasLength(1));
        async.elapse(const Duration(milliseconds: 200));
        expect(pauses, [isA<TooMany>(), isA<Refused>()]);
        async.elapse(const Duration(seconds: 1));
        expect(result, isA<Ok<PlacedOrder>>());
        expect(keys(), hasLength(3));
        expect(keys().toSet(), hasLength(1));
      });
    });

    test('the number of tries is limited', () {
      fakeAsync((async) {
        fixture.shop.always(create, sampleAnswer('error_too_many'));
        Result<PlacedOrder>? result;
        unawaited(orders().place(cart).then((it) => result = it));
        async.elapse(const Duration(minutes: 10));
        expect(result?.errorOrNull, isA<TooMany>());
        expect(fixture.shop.calls, hasLength(5));
        expect(fixture.store.entries, contains(StoreKey.attempt));
      });
    });
  });

  group('recovering an order', () {
    test('calls with the old key', () async {
      fixture.shop.next(create, lostAnswer);
      fixture.shop.always(create, sampleAnswer('order_create'));
      await orders().place(cart);
      expect((await recovered())?.orderId, '000000000000000000000005');
      expect(keys().toSet(), hasLength(1));
      expect(await recovered(), isNull);
      expect(keys(), hasLength(2));
    });

    test('makes no call without an attempt, or with an old one', () async {
      expect(await recovered(), isNull);
      expect(fixture.shop.calls, isEmpty);
      fixture.shop.next(create, lostAnswer);
      await orders().place(cart);
      fixture.now = fixture.now.add(const Duration(minutes: 16));
      expect(await recovered(), isNull);
      expect(fixture.shop.calls, hasLength(1));
    });

    for (final refusal in ['error_out_of_stock', 'error_cart_is_empty']) {
      test('finds none after $refusal, and ends the attempt', () async {
        await lose();
        fixture.shop.next(create, sampleAnswer(refusal));
        expect(await recovered(), isNull);
        expect(fixture.store.entries, isNot(contains(StoreKey.attempt)));
      });
    }

    for (final failure in ['no answer', 'error_unavailable', 'error_token_over']) {
      test('fails with $failure after one call, and keeps the attempt', () async {
        await lose();
        fixture.shop.always(create, failure == 'no answer' ? lostAnswer : sampleAnswer(failure));
        expect(await orders().recover(), isA<Failed<PlacedOrder?>>());
        expect(keys(), hasLength(2));
        expect(fixture.store.entries, contains(StoreKey.attempt));
      });
    }

    for (final status in [403, 408, 421]) {
      test('fails with $status of a proxy, and keeps the attempt', () async {
        await lose();
        fixture.shop.next(create, jsonAnswer({'detail': 'x'}, status: status));
        expect(await orders().recover(), isA<Failed<PlacedOrder?>>());
        expect(fixture.store.entries, contains(StoreKey.attempt));
      });
    }

    test('fails with 429 after one call, as the cart may be filled again', () {
      fakeAsync((async) {
        unawaited(lose());
        async.flushMicrotasks();
        fixture.shop.always(create, sampleAnswer('error_too_many'));
        Result<PlacedOrder?>? result;
        unawaited(orders().recover().then((it) => result = it));
        async.elapse(const Duration(minutes: 10));
        expect(result?.errorOrNull, isA<TooMany>());
        expect(keys(), hasLength(2));
        expect(fixture.store.entries, contains(StoreKey.attempt));
      });
    });

    test('repeats the call while the order is in progress', () {
      fakeAsync((async) {
        unawaited(lose());
        async.flushMicrotasks();
        fixture.shop.next(
          create,
          jsonAnswer({'detail': 'x', 'code': 'request_in_progress'}, status: 409),
        );
        fixture.shop.always(create, sampleAnswer('order_create'));
        PlacedOrder? order;
        unawaited(recovered().then((it) => order = it));
        async.elapse(const Duration(seconds: 1));
        expect(order, isNotNull);
        expect(keys().toSet(), hasLength(1));
      });
    });
  });

  group('an attempt without lines in the cart', () {
    final refilled = Cart(lines: [sampleLine(sampleMilk, 2, lineId: 'new')], loaded: true);

    test('is ended and reported once, then the cart is ordered', () async {
      expect(await orders().endLostAttempt(refilled), isNull);
      await lose();
      expect(await orders().endLostAttempt(refilled), 12000);
      expect(await orders().endLostAttempt(refilled), isNull);
      fixture.shop.always(create, sampleAnswer('order_create'));
      expect(await orders().place(refilled), isA<Ok<PlacedOrder>>());
      expect(keys().toSet(), hasLength(2));
    });

    test('is not one with a line that is still in the cart', () async {
      await lose();
      final more = [sampleLine(sampleMilk, 1), sampleLine(sampleBread, 1)];
      expect(await orders().endLostAttempt(Cart(lines: more, loaded: true)), isNull);
      expect(await orders().endLostAttempt(cart), isNull);
      expect(fixture.store.entries, contains(StoreKey.attempt));
    });

    test('is not another user’s', () async {
      await lose();
      fixture.logIn(userId: otherUser);
      expect(await orders().endLostAttempt(refilled), isNull);
      expect(fixture.store.entries, contains(StoreKey.attempt));
    });
  });

  group('an answer after another login', () {
    late Completer<void> gate;

    setUp(() {
      gate = Completer<void>();
      fixture.shop.next(create, (call) async {
        await gate.future;
        return sampleAnswer('order_create')(call);
      });
    });

    test('creates no order for that user, and is found by its own user', () async {
      final late = orders().place(cart);
      await Future<void>.delayed(Duration.zero);
      fixture.logIn(userId: otherUser);
      fixture.store.entries[StoreKey.active] = 'the order of the other user';
      gate.complete();
      expect((await late).errorOrNull, isA<Unauthorised>());
      expect(fixture.store.entries[StoreKey.active], 'the order of the other user');
      expect(await recovered(), isNull);

      fixture.logIn();
      fixture.shop.always(create, sampleAnswer('order_create'));
      expect((await recovered())?.orderId, '000000000000000000000005');
      expect(keys().toSet(), hasLength(1));
      expect(fixture.store.entries[StoreKey.active], contains(sampleUserId));
    });

    test('leaves that user’s attempt open', () async {
      final late = orders().place(cart);
      await Future<void>.delayed(Duration.zero);
      fixture.logIn(userId: otherUser);
      await lose();
      final kept = fixture.store.entries[StoreKey.attempt];
      gate.complete();
      await late;
      expect(fixture.store.entries[StoreKey.attempt], kept);
    });
  });

  test('a call is not repeated after another login', () {
    fakeAsync((async) {
      fixture.shop.always(create, sampleAnswer('error_too_many'));
      Result<PlacedOrder>? result;
      unawaited(orders().place(cart).then((it) => result = it));
      async.flushMicrotasks();
      fixture.logIn(userId: otherUser);
      async.elapse(const Duration(minutes: 10));
      expect(result?.errorOrNull, isA<Unauthorised>());
      expect(keys(), hasLength(1));
      expect(fixture.store.entries, contains(StoreKey.attempt));
    });
  });

  test('the history comes in pages', () async {
    fixture.shop.always('GET /orders/{user_id}', sampleAnswer('orders_page'));
    final page = (await orders().orders(after: 'x')).valueOrNull;
    expect(page?.items, hasLength(1));
    expect(page?.after, '000000000000000000000007');
    final url = fixture.shop.calls.single.url;
    expect(url.path, '/orders/$sampleUserId');
    expect(url.queryParameters, {'limit': '10', 'after': 'x'});
  });

  test('an order can be cancelled while it is placed', () async {
    fixture.shop.next('POST /order/{order_id}/cancel', sampleAnswer('cancel'));
    fixture.shop.next('POST /order/{order_id}/cancel', sampleAnswer('error_not_cancelled'));
    expect(await orders().cancel('a'), isA<Ok<void>>());
    expect(
      (await orders().cancel('a')).errorOrNull,
      isA<Refused>().having((error) => error.code, 'code', 'order_can_no_longer_be_cancelled'),
    );
  });

  group('the active order', () {
    setUp(() async {
      fixture.shop.always(create, sampleAnswer('order_create'));
      await orders().place(cart);
    });

    test('is the last one placed, until it has ended', () async {
      fixture.shop.next('GET /order/{order_id}', sampleAnswer('order'));
      fixture.shop.next('GET /order/{order_id}', sampleAnswer('order_delivered'));
      expect((await orders().active())?.status, OrderStatus.placed);
      expect(await orders().active(), isNull);
      expect(await orders().active(), isNull);
      expect(fixture.shop.callsOf('GET /order/{order_id}'), hasLength(2));
    });

    test('is read again after an outage', () async {
      fixture.shop.next('GET /order/{order_id}', lostAnswer);
      fixture.shop.next('GET /order/{order_id}', sampleAnswer('order'));
      expect(await orders().active(), isNull);
      expect(await orders().active(), isNotNull);
    });

    test('belongs to no other user', () async {
      fixture.logIn(userId: '000000000000000000000002');
      expect(await orders().active(), isNull);
      expect(fixture.shop.callsOf('GET /order/{order_id}'), isEmpty);
    });
  });
}
