import 'dart:async';

import 'package:fake_async/fake_async.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/domain/models/session.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/api_fixture.dart';
import '../../../testing/fakes/fake_shop.dart';

void main() {
  late ApiFixture fixture;

  setUp(() => fixture = ApiFixture());
  tearDown(() => fixture.dispose());

  group('requests', () {
    test('each call has the app’s headers, and its own request id', () async {
      fixture.logIn();
      fixture.shop.always('GET /profile', sampleAnswer('profile'));
      await fixture.api.profile();
      await fixture.api.profile();
      final [first, second] = fixture.shop.calls;
      expect(first.headers['Accept'], 'application/json');
      expect(first.headers['Authorization'], 'Bearer token');
      expect(first.headers['X-Request-ID'], matches(RegExp(r'^app-[0-9a-f]{16}$')));
      expect(first.headers['X-Request-ID'], isNot(second.headers['X-Request-ID']));
      expect(first.headers, isNot(contains('Content-Type')));
    });

    test('a guest sends no token, and a login never does', () async {
      fixture.shop.always('GET /categories', sampleAnswer('categories'));
      fixture.shop.always('POST /login', sampleAnswer('login'));
      await fixture.api.categories();
      fixture.logIn();
      await fixture.api.login(email: 'asha@example.com', password: 'correct horse battery');
      for (final call in fixture.shop.calls) {
        expect(call.headers, isNot(contains('Authorization')));
      }
    });

    test('bodies are JSON, money in rupees, keys in their header', () async {
      fixture.logIn();
      fixture.shop.always('POST /order/create', sampleAnswer('order_create'));
      await fixture.api.orderCreate(
        userId: sampleUserId,
        expectedTotal: 20850,
        idempotencyKey: 'key',
      );
      final call = fixture.shop.calls.single;
      expect(call.headers['Content-Type'], 'application/json');
      expect(call.headers['Idempotency-Key'], 'key');
      expect(call.body, {'user_id': sampleUserId, 'expected_total': 208.5});
    });

    test('paths and queries are escaped, without unset parameters', () async {
      fixture.shop.always('GET /products', sampleAnswer('products_none'));
      await fixture.api.products(q: 'dal & rice', limit: 24);
      await fixture.api.product('../a b');
      final [products, product] = fixture.shop.calls;
      expect(products.url.queryParameters, {'limit': '24', 'q': 'dal & rice'});
      expect(product.url.toString(), 'http://shop.test:8080/products/..%2Fa%20b');
    });
  });

  group('answers', () {
    test('the next page is in the Link header', () async {
      fixture.shop.next('GET /products', sampleAnswer('products_page'));
      fixture.shop.next('GET /products', sampleAnswer('products_none'));
      final first = await fixture.api.products(category: 'Fruits', limit: 4);
      expect(first.valueOrNull?.items, hasLength(4));
      expect(first.valueOrNull?.after, '665000000000000000000004');
      final last = await fixture.api.products(q: 'nothing', limit: 4);
      expect(last.valueOrNull?.items, isEmpty);
      expect(last.valueOrNull?.after, isNull);
    });

    test('names in other scripts arrive as they are', () async {
      fixture.shop.always('GET /categories', jsonAnswer(['दूध', 'Café']));
      expect((await fixture.api.categories()).valueOrNull, ['दूध', 'Café']);
    });

    test('an answer that breaks the contract is an error', () async {
      fixture.shop.next('GET /categories', textAnswer('<html>'));
      fixture.shop.next('GET /categories', jsonAnswer({'categories': <String>[]}));
      expect((await fixture.api.categories()).errorOrNull, isA<Broken>());
      expect((await fixture.api.categories()).errorOrNull, isA<Broken>());
      expect(fixture.reachability.offline, isFalse);
    });
  });

  group('errors', () {
    Future<ApiError?> errorOf(String sample) async {
      fixture.shop.next('POST /register', sampleAnswer(sample));
      final result = await fixture.api.register(
        name: 'Asha',
        email: 'asha@example.com',
        password: 'correct horse battery',
        otp: '1234',
      );
      return result.errorOrNull;
    }

    Matcher refused(int status, String code) => isA<Refused>()
        .having((error) => error.status, 'status', status)
        .having((error) => error.code, 'code', code)
        .having((error) => error.unsure, 'unsure', isFalse);

    test('a refusal has its code, and the id of the answer', () async {
      final error = await errorOf('error_invalid_otp');
      expect(error, refused(400, 'invalid_otp'));
      expect(error?.requestId, 'app-error_invalid_otp');
    });

    test('out of stock names the products', () async {
      final error = await errorOf('error_out_of_stock');
      expect(error, refused(409, 'out_of_stock'));
      expect((error! as Refused).productIds, ['665000000000000000000202']);
    });

    test('a changed total is in paise', () async {
      final error = await errorOf('error_total_changed');
      expect(error, refused(409, 'total_changed'));
      expect((error! as Refused).total, 20850);
    });

    test('a validation error has every field', () async {
      final error = await errorOf('error_validation');
      final fields = (error! as Invalid).fields;
      expect(fields.map((field) => field.field), ['name', 'email', 'password']);
      expect(fields.map((field) => field.type), [
        'string_too_short',
        'value_error',
        'string_too_short',
      ]);
      expect(fields.first.message, isNotEmpty);
    });

    test('a rate limit and an outage have the time to wait', () async {
      final tooMany = await errorOf('error_too_many');
      expect((tooMany! as TooMany).retryAfter, const Duration(seconds: 30));
      expect(tooMany.unsure, isFalse);
      final unavailable = await errorOf('error_unavailable');
      expect((unavailable! as Unavailable).retryAfter, const Duration(seconds: 1));
      expect(unavailable.unsure, isTrue);
    });

    test('any other error of the server is a broken answer', () async {
      fixture.shop.next('GET /categories', textAnswer('boom', status: 500));
      final error = (await fixture.api.categories()).errorOrNull;
      expect(error, isA<Broken>().having((broken) => broken.status, 'status', 500));
      expect(error?.requestId, startsWith('app-'));
    });

    test('a refusal without JSON has its status for a code', () async {
      fixture.shop.next('GET /categories', textAnswer('no', status: 403));
      expect((await fixture.api.categories()).errorOrNull, refused(403, 'status_403'));
    });
  });

  group('a token that is refused', () {
    test('ends the session, once', () async {
      fixture.logIn();
      var notifications = 0;
      fixture.sessions.addListener(() => notifications++);
      fixture.shop.always('GET /profile', sampleAnswer('error_token_over'));
      final results = await Future.wait([fixture.api.profile(), fixture.api.profile()]);
      expect(results.map((result) => result.errorOrNull), everyElement(isA<Unauthorised>()));
      expect(fixture.sessions.current, isNull);
      expect(fixture.sessions.lastEnd, SessionEnd.expired);
      expect(notifications, 1);
    });

    test('keeps a session that began meanwhile', () async {
      fixture.logIn(token: 'old');
      final gate = Completer<void>();
      fixture.shop.next('GET /profile', (call) async {
        await gate.future;
        return sampleAnswer('error_token_over')(call);
      });
      final answer = fixture.api.profile();
      fixture.sessions.end(SessionEnd.left);
      fixture.logIn(token: 'new');
      gate.complete();
      expect((await answer).errorOrNull, isA<Unauthorised>());
      expect(fixture.sessions.current?.token, 'new');
    });

    test('is not the same as wrong credentials', () async {
      fixture.logIn();
      fixture.shop.always('POST /login', sampleAnswer('error_invalid_credentials'));
      final result = await fixture.api.login(email: 'asha@example.com', password: 'wrong');
      expect(result.errorOrNull, isA<Refused>());
      expect(fixture.sessions.current, isNotNull);
    });
  });

  group('no answer', () {
    test('a broken connection means offline, and an answer ends that', () async {
      fixture.shop.next('GET /categories', lostAnswer);
      fixture.shop.next('GET /categories', sampleAnswer('categories'));
      final error = (await fixture.api.categories()).errorOrNull;
      expect(error, isA<Offline>().having((offline) => offline.timedOut, 'timedOut', isFalse));
      expect(error?.unsure, isTrue);
      expect(fixture.reachability.offline, isTrue);
      await fixture.api.categories();
      expect(fixture.reachability.offline, isFalse);
    });

    test('no answer means offline after ten seconds, for an order after twenty', () {
      fakeAsync((async) {
        fixture.shop.always('GET /categories', silentAnswer);
        fixture.shop.always('POST /order/create', silentAnswer);
        final ends = <String, ApiError?>{};
        unawaited(fixture.api.categories().then((result) => ends['list'] = result.errorOrNull));
        unawaited(
          fixture.api
              .orderCreate(userId: sampleUserId, expectedTotal: 100, idempotencyKey: 'key')
              .then((result) => ends['order'] = result.errorOrNull),
        );
        async.elapse(const Duration(milliseconds: 9900));
        expect(ends, isEmpty);
        async.elapse(const Duration(milliseconds: 200));
        expect(ends.keys, ['list']);
        expect(ends['list'], isA<Offline>().having((error) => error.timedOut, 'timedOut', isTrue));
        expect(fixture.reachability.isSlow, isTrue);
        async.elapse(const Duration(seconds: 10));
        expect(ends.keys, ['list', 'order']);
      });
    });
  });

  group('event streams', () {
    test('are requested with their media type', () async {
      fixture.logIn();
      fixture.shop.always('GET /order/{order_id}/events', streamAnswer(const Stream.empty()));
      final result = await fixture.api.orderEvents('abc');
      expect(fixture.shop.calls.single.headers['Accept'], 'text/event-stream');
      expect(fixture.shop.calls.single.headers['Authorization'], 'Bearer token');
      result.valueOrNull?.close();
    });

    test('one without a listener is released', () async {
      var cancelled = false;
      final bytes = StreamController<List<int>>(onCancel: () => cancelled = true);
      fixture.shop.always('GET /order/{order_id}/events', streamAnswer(bytes.stream));
      final result = await fixture.api.orderEvents('abc');
      expect(result.valueOrNull, isNotNull);
      result.valueOrNull?.close();
      await Future<void>.delayed(Duration.zero);
      expect(cancelled, isTrue);
      await bytes.close();
    });

    test('an ended one is null', () async {
      fixture.shop.always('GET /order/{order_id}/events', textAnswer('', status: 204));
      expect(await fixture.api.orderEvents('abc'), isA<Ok<Object?>>());
    });

    test('a refused one is an error like any other', () async {
      fixture.logIn();
      fixture.shop.always('GET /order/{order_id}/events', sampleAnswer('error_order_not_found'));
      final error = (await fixture.api.orderEvents('abc')).errorOrNull;
      expect(error, isA<Refused>().having((refused) => refused.status, 'status', 404));
    });
  });
}
