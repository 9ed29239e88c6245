import 'dart:async';

import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/api_fixture.dart';
import '../../../testing/fakes/cart_scene.dart';
import '../../../testing/fakes/fake_shop.dart';

void main() {
  group('requesting a quantity', () {
    cartScene('shows at once and is sent after the pause', (scene) {
      scene.set(1);
      expect(scene.cart.quantityOf(scene.milk), 1);
      expect(scene.cart.cart.count, 1);
      expect(scene.cart.cart.total, 6000);
      scene.pause(440);
      expect(scene.shop.callsOf(addRoute), isEmpty);
      scene.pause(20);
      expect(scene.atShop.quantities[scene.milk], 1);
      expect(scene.cart.cart.lines.single.lineId, isNotNull);
    });

    cartScene('several taps are one call with the difference', (scene) {
      scene.holds(2);
      scene
        ..set(3)
        ..pause(400)
        ..set(4)
        ..pause(400)
        ..set(5)
        ..pause();
      final call = scene.shop.callsOf(addRoute).single;
      expect(call.body, {'user_id': sampleUserId, 'product_id': scene.milk, 'quantity': 3});
      expect(scene.atShop.quantities[scene.milk], 5);
    });

    cartScene('a smaller quantity is sent as decreases, zero as a removal', (scene) {
      scene
        ..holds(5)
        ..set(3)
        ..pause();
      expect(scene.shop.callsOf(decreaseRoute), hasLength(2));
      scene
        ..set(0)
        ..pause();
      expect(scene.shop.callsOf(removeRoute), hasLength(1));
      expect(scene.atShop.quantities, isEmpty);
      expect(scene.cart.cart.lines, isEmpty);
    });

    cartScene('a reverted change sends nothing', (scene) {
      scene
        ..holds(2)
        ..set(3)
        ..set(2)
        ..pause();
      expect(scene.shop.calls, isEmpty);
    });

    cartScene('is limited to the maximum of a cart line', (scene) {
      scene.set(100);
      expect(scene.cart.quantityOf(scene.milk), 99);
      scene.set(-1);
      expect(scene.cart.quantityOf(scene.milk), 0);
    });

    cartScene('a tap during a call is sent after it', (scene) {
      final gate = Completer<void>();
      scene.shop.next(addRoute, (call) async {
        await gate.future;
        scene.atShop.quantities[scene.milk] = 1;
        return jsonAnswer({'message': 'Item added to cart'})(call);
      });
      scene
        ..set(1)
        ..pause()
        ..set(3)
        ..pause(2000);
      expect(scene.shop.callsOf(addRoute), hasLength(1));
      gate.complete();
      scene.pause();
      expect(scene.shop.callsOf(addRoute), hasLength(2));
      expect(scene.atShop.quantities[scene.milk], 3);
      expect(scene.cart.quantityOf(scene.milk), 3);
    });

    cartScene('flush sends now and returns when all is sent', (scene) {
      var done = false;
      scene.set(1);
      unawaited(scene.cart.flush().then((_) => done = true));
      scene.async.flushMicrotasks();
      expect(done, isTrue);
      expect(scene.atShop.quantities[scene.milk], 1);
    });

    cartScene('going into the background sends now', (scene) {
      scene.set(1);
      scene.fixture.foreground.value = false;
      scene.async.flushMicrotasks();
      expect(scene.atShop.quantities[scene.milk], 1);
    });
  });

  group('a refused change', () {
    cartScene('is reverted and reported', (scene) {
      scene.holds(2);
      scene.shop.next(addRoute, sampleAnswer('error_quantity_limit'));
      scene
        ..set(5)
        ..pause();
      expect(scene.cart.quantityOf(scene.milk), 2);
      expect(scene.refusals.single.product.name, 'Milk 1L');
      expect(
        scene.refusals.single.error,
        isA<Refused>().having((error) => error.code, 'code', 'quantity_limit_reached'),
      );
    });

    cartScene('a call with a lost answer is repeated with the same key', (scene) {
      scene.shop.next(addRoute, (call) async {
        await scene.atShop.add(call);
        return lostAnswer(call);
      });
      scene
        ..set(1)
        ..pause(2000);
      expect(scene.refusals, isEmpty);
      expect(scene.atShop.quantities[scene.milk], 1);
      expect(scene.cart.quantityOf(scene.milk), 1);
      final keys = scene.shop.callsOf(addRoute).map((call) => call.headers['Idempotency-Key']);
      expect(keys, hasLength(2));
      expect(keys.toSet().single, matches(RegExp(r'^[0-9a-f]{32}$')));
    });

    cartScene('a lost call is repeated', (scene) {
      scene.holds(1);
      scene.shop.next(addRoute, lostAnswer);
      scene
        ..set(2)
        ..pause(2000);
      expect(scene.refusals, isEmpty);
      expect(scene.atShop.quantities[scene.milk], 2);
    });

    cartScene('another tap is another addition, with another key', (scene) {
      scene
        ..set(1)
        ..pause()
        ..set(2)
        ..pause();
      expect(scene.atShop.quantities[scene.milk], 2);
      final keys = scene.shop.callsOf(addRoute).map((call) => call.headers['Idempotency-Key']);
      expect(keys.toSet(), hasLength(2));
    });

    cartScene('without an answer it is compared with the cart', (scene) {
      scene.shop.always(addRoute, (call) async {
        await scene.atShop.add(call);
        return lostAnswer(call);
      });
      scene
        ..set(1)
        ..pause(4000);
      expect(scene.refusals, isEmpty);
      expect(scene.cart.quantityOf(scene.milk), 1);
      expect(scene.shop.callsOf(addRoute), hasLength(3));
    });

    cartScene('lost calls are reverted after the last try', (scene) {
      scene.holds(1);
      scene.shop.always(addRoute, lostAnswer);
      scene
        ..set(2)
        ..pause(4000);
      expect(scene.refusals.single.error, isA<Offline>());
      expect(scene.cart.quantityOf(scene.milk), 1);
      expect(scene.shop.callsOf(addRoute), hasLength(3));
    });

    cartScene('a long wait that the shop requests is not made', (scene) {
      scene.shop.always(
        addRoute,
        jsonAnswer({'detail': 'x', 'code': 'x'}, status: 503, headers: {'retry-after': '30'}),
      );
      scene
        ..set(2)
        ..pause();
      expect(scene.refusals.single.error, isA<Unavailable>());
      expect(scene.shop.callsOf(addRoute), hasLength(1));
    });

    cartScene('offline changes are reverted without an addition', (scene) {
      scene.shop
        ..always(readRoute, lostAnswer)
        ..always(addRoute, lostAnswer);
      scene
        ..set(2)
        ..pause(4000);
      expect(scene.cart.quantityOf(scene.milk), 0);
      expect(scene.refusals, hasLength(1));
      scene
        ..set(2)
        ..pause(4000);
      expect(scene.shop.callsOf(addRoute), hasLength(3), reason: 'the cart is not known any more');
      expect(scene.refusals, hasLength(2));
    });

    cartScene('a change that was made is shown if the cart can not be read', (scene) {
      scene.holds(1);
      scene.shop.next(readRoute, lostAnswer);
      scene
        ..set(4)
        ..pause();
      expect(scene.refusals, isEmpty);
      expect(scene.cart.quantityOf(scene.milk), 4);
      expect(scene.cart.cart.error, isA<Offline>());
    });

    cartScene('a rate-limited call is retried after the wait', (scene) {
      scene.shop.next(
        addRoute,
        jsonAnswer({'detail': 'x', 'code': 'x'}, status: 429, headers: {'retry-after': '3'}),
      );
      scene
        ..set(1)
        ..pause(3300);
      expect(scene.shop.callsOf(addRoute), hasLength(1));
      scene.pause(300);
      expect(scene.atShop.quantities[scene.milk], 1);
      expect(scene.refusals, isEmpty);
    });

    cartScene('a line that another client removed counts as removed', (scene) {
      scene.holds(1);
      scene.shop.next(removeRoute, sampleAnswer('error_item_not_found'));
      scene.atShop.quantities.clear();
      scene
        ..set(0)
        ..pause();
      expect(scene.refusals, isEmpty);
      expect(scene.cart.cart.lines, isEmpty);
    });
  });

  group('ordering again', () {
    const items = [
      OrderItem(productId: '665000000000000000000301', quantity: 1, price: 4000),
      OrderItem(productId: '665000000000000000000201', quantity: 2, price: 6000),
    ];

    Result<List<OrderItem>>? again(CartScene scene) {
      Result<List<OrderItem>>? result;
      unawaited(scene.cart.addAgain(items).then((it) => result = it));
      scene.async.flushMicrotasks();
      return result;
    }

    cartScene('adds the available products and names the others', (scene) {
      scene.shop.next(addRoute, sampleAnswer('error_not_available'));
      final result = again(scene);
      expect(result?.valueOrNull, [items.first]);
      expect(scene.cart.quantityOf(scene.milk), 2);
    });

    final away = jsonAnswer(
      {'detail': 'x', 'code': 'x'},
      status: 503,
      headers: {'retry-after': '30'},
    );

    cartScene('stops when the shop is unreachable', (scene) {
      scene.shop.next(addRoute, away);
      expect(again(scene)?.errorOrNull, isA<Unavailable>());
      expect(scene.shop.callsOf(addRoute), hasLength(1));
    });

    cartScene('a repeated call after that adds nothing twice', (scene) {
      scene.shop
        ..next(addRoute, scene.atShop.add)
        ..next(addRoute, away);
      expect(again(scene)?.errorOrNull, isA<Unavailable>());
      expect(again(scene)?.valueOrNull, isEmpty);
      expect(scene.atShop.quantities, {items.first.productId: 1, scene.milk: 2});
      expect(again(scene)?.valueOrNull, isEmpty);
      expect(scene.atShop.quantities, {items.first.productId: 2, scene.milk: 4});
    });

    cartScene('a call after another change of the cart adds again', (scene) {
      scene.shop
        ..next(addRoute, scene.atShop.add)
        ..next(addRoute, away);
      again(scene);
      scene
        ..set(5)
        ..pause();
      again(scene);
      expect(scene.atShop.quantities, {items.first.productId: 2, scene.milk: 7});
    });

    cartScene('sends pending changes first', (scene) {
      scene.set(1);
      again(scene);
      expect(scene.atShop.quantities[scene.milk], 3);
    });
  });
}
