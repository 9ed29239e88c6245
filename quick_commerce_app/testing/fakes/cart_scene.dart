import 'dart:async';

import 'package:fake_async/fake_async.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/repositories/cart_repository_remote.dart';
import 'package:quick_commerce_app/domain/models/cart.dart';

import 'api_fixture.dart';
import 'cart_at_shop.dart';
import 'fake_shop.dart';
import 'samples.dart';

const String addRoute = 'POST /cart/add';
const String decreaseRoute = 'PUT /cart/decrease/{cart_id}';
const String removeRoute = 'DELETE /cart/remove/{cart_id}';
const String readRoute = 'GET /cart/{user_id}';

/// A cart with a fake shop, in simulated time.
class CartScene {
  CartScene(this.async, {bool loggedIn = true}) {
    if (loggedIn) fixture.logIn();
    cart.refusals.listen(refusals.add);
    async.flushMicrotasks();
  }

  final FakeAsync async;
  final ApiFixture fixture = ApiFixture();
  late final CartAtShop atShop = CartAtShop(fixture.shop, const [sampleMilk, sampleBread]);
  late final CartRepositoryRemote cart = _start();
  final List<CartRefusal> refusals = [];

  FakeShop get shop => fixture.shop;
  String get milk => sampleMilk.productId;

  // The shop's side first: a cart is read as soon as it is created.
  CartRepositoryRemote _start() {
    atShop.quantities.clear();
    return CartRepositoryRemote(
      api: fixture.api,
      sessions: fixture.sessions,
      reachability: fixture.reachability,
      foreground: fixture.foreground,
    );
  }

  /// Sets the cart as another client would.
  void holds(int quantity) {
    atShop.quantities[milk] = quantity;
    unawaited(cart.refresh());
    async.flushMicrotasks();
    shop.calls.clear();
  }

  void set(int quantity) {
    cart.setQuantity(sampleMilk, quantity);
    async.flushMicrotasks();
  }

  void pause([int milliseconds = 500]) => async.elapse(Duration(milliseconds: milliseconds));

  void close() {
    cart.dispose();
    fixture.dispose();
  }
}

/// A test in such a scene.
void cartScene(String name, void Function(CartScene scene) body, {bool loggedIn = true}) {
  test(name, () {
    fakeAsync((async) {
      final scene = CartScene(async, loggedIn: loggedIn);
      body(scene);
      scene.close();
    });
  });
}
