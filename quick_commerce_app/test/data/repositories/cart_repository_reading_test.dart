import 'dart:async';

import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/domain/models/session.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/cart_scene.dart';
import '../../../testing/fakes/fake_shop.dart';
import '../../../testing/fakes/samples.dart';

void main() {
  group('reading', () {
    cartScene('is done at the login', (scene) {
      expect(scene.cart.cart.loaded, isFalse);
      scene.atShop.quantities[scene.milk] = 2;
      scene.fixture.logIn();
      scene.async.flushMicrotasks();
      expect(scene.cart.cart.loaded, isTrue);
      expect(scene.cart.cart.count, 2);
    }, loggedIn: false);

    cartScene('fails with its error, and is repeated when the shop is reachable', (scene) {
      scene.shop.next(readRoute, lostAnswer);
      Result<void>? result;
      unawaited(scene.cart.refresh().then((it) => result = it));
      scene.async.flushMicrotasks();
      expect(result?.errorOrNull, isA<Offline>());
      expect(scene.cart.cart.error, isA<Offline>());
      scene.fixture.reachability.reached();
      scene.async.flushMicrotasks();
      expect(scene.cart.cart.error, isNull);
    });

    cartScene('shows whether the cart is empty at the shop', (scene) {
      scene.holds(1);
      final before = scene.cart.cart.readings;
      scene.set(0);
      expect(scene.cart.cart.lines, isEmpty);
      expect(scene.cart.cart.isEmptyAtShop, isFalse, reason: 'it was not sent');
      scene.shop.next(readRoute, lostAnswer);
      scene.pause();
      expect(scene.cart.cart.isEmptyAtShop, isFalse, reason: 'it was not read');
      expect(scene.cart.cart.readings, before);
      unawaited(scene.cart.refresh());
      scene.async.flushMicrotasks();
      expect(scene.cart.cart.isEmptyAtShop, isTrue);
      expect(scene.cart.cart.readings, before + 1);
    });

    cartScene('finds no empty cart while an order’s products are added', (scene) {
      final gate = Completer<void>();
      scene.shop.next(addRoute, (call) async {
        await gate.future;
        return jsonAnswer({'message': 'Item added to cart'})(call);
      });
      unawaited(scene.cart.addAgain(sampleItems));
      unawaited(scene.cart.refresh());
      scene.async.flushMicrotasks();
      expect(scene.cart.cart.isEmptyAtShop, isFalse);
      gate.complete();
      scene.async.flushMicrotasks();
      expect(scene.cart.cart.isEmptyAtShop, isTrue);
    });

    cartScene('is done when the app is visible again', (scene) {
      scene.fixture.foreground.value = false;
      scene.atShop.quantities[scene.milk] = 7;
      scene.fixture.foreground.value = true;
      scene.async.flushMicrotasks();
      expect(scene.cart.cart.count, 7);
    });

    cartScene('an outdated answer is ignored', (scene) {
      final gate = Completer<void>();
      scene.shop.next(readRoute, (call) async {
        await gate.future;
        return jsonAnswer(<Object?>[])(call);
      });
      scene.atShop.quantities[scene.milk] = 3;
      unawaited(scene.cart.refresh());
      unawaited(scene.cart.refresh());
      scene.async.flushMicrotasks();
      gate.complete();
      scene.async.flushMicrotasks();
      expect(scene.cart.cart.count, 3);
    });
  });

  group('when the session ends', () {
    cartScene('the cart is cleared', (scene) {
      scene.holds(2);
      scene.fixture.sessions.end(SessionEnd.left);
      scene.async.flushMicrotasks();
      expect(scene.cart.cart.lines, isEmpty);
      expect(scene.cart.cart.loaded, isFalse);
    });

    cartScene('unsent changes are requested after the login of the same user', (scene) {
      scene.holds(2);
      scene.shop.next(addRoute, sampleAnswer('error_token_over'));
      scene
        ..set(5)
        ..pause();
      expect(scene.fixture.sessions.current, isNull);
      expect(scene.refusals, isEmpty);
      scene.fixture.logIn(token: 'new');
      scene.pause();
      expect(scene.atShop.quantities[scene.milk], 5);
    });

    cartScene('changes that were made are not requested again', (scene) {
      scene.holds(2);
      scene.shop.next(readRoute, sampleAnswer('error_token_over'));
      scene
        ..set(5)
        ..pause();
      expect(scene.fixture.sessions.current, isNull);
      scene.fixture.logIn(token: 'new');
      scene.pause();
      expect(scene.atShop.quantities[scene.milk], 5);
      expect(scene.shop.callsOf(addRoute), hasLength(1));
    });

    cartScene('unsent changes are dropped after the login of another user', (scene) {
      scene.set(5);
      scene.fixture.sessions.end(SessionEnd.expired);
      scene.fixture.logIn(userId: '000000000000000000000002');
      scene.pause();
      expect(scene.shop.callsOf(addRoute), isEmpty);
      scene.fixture.sessions.end(SessionEnd.left);
      scene.fixture.logIn();
      scene.pause();
      expect(scene.shop.callsOf(addRoute), isEmpty);
    });

    cartScene('unsent changes are dropped after a logout', (scene) {
      scene.set(5);
      scene.fixture.sessions.end(SessionEnd.left);
      scene.fixture.logIn();
      scene.pause();
      expect(scene.shop.callsOf(addRoute), isEmpty);
    });
  });

  cartScene('the wish of a guest is requested after the login', (scene) {
    scene.cart.setQuantity(sampleMilk, 1);
    scene.pause();
    expect(scene.shop.calls, isEmpty);
    expect(scene.cart.quantityOf(scene.milk), 0);
    scene.atShop.quantities[scene.milk] = 2;
    scene.fixture.logIn();
    scene.pause();
    expect(scene.atShop.quantities[scene.milk], 3);
  }, loggedIn: false);
}
