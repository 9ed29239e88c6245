import 'dart:async';

import 'package:fake_async/fake_async.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/domain/models/cart.dart';
import 'package:quick_commerce_app/domain/models/session.dart';
import 'package:quick_commerce_app/ui/cart/cart_view_model.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/fake_auth_repository.dart';
import '../../../testing/fakes/fake_cart_repository.dart';
import '../../../testing/fakes/fake_catalogue_repository.dart';
import '../../../testing/fakes/fake_order_repository.dart';
import '../../../testing/fakes/samples.dart';

Refused _refused(String code, {List<String> productIds = const [], int? total}) => Refused(
  requestId: 'app-1',
  status: 409,
  code: code,
  detail: code,
  productIds: productIds,
  total: total,
);

void main() {
  late FakeCartRepository cart;
  late FakeOrderRepository orders;
  late FakeCatalogueRepository catalogue;
  late FakeAuthRepository auth;
  late CartViewModel viewModel;

  setUp(() {
    cart = FakeCartRepository(lines: [sampleLine(sampleMilk, 2)]);
    orders = FakeOrderRepository();
    catalogue = FakeCatalogueRepository();
    auth = FakeAuthRepository(loggedIn: true);
    viewModel = CartViewModel(cart: cart, orders: orders, catalogue: catalogue, auth: auth);
  });

  tearDown(() => viewModel.dispose());

  test('sends pending changes, then orders the displayed cart', () async {
    expect(viewModel.placeLabel, 'Place order · ₹120');
    await viewModel.placeOrder.execute();
    expect(cart.calls.first, 'flush');
    expect(orders.calls, ['place 12000']);
    expect(viewModel.placed, samplePlacedOrder);
    expect(catalogue.calls, contains('forget'));
  });

  test('a second press during the order creates no second order', () async {
    final gate = Completer<void>();
    orders.placeGate = gate;
    final first = viewModel.placeOrder.execute();
    await viewModel.placeOrder.execute();
    expect(viewModel.canPlace, isFalse);
    gate.complete();
    await first;
    expect(orders.calls.where((call) => call.startsWith('place')), hasLength(1));
  });

  test('out of stock marks the lines and keeps the cart', () {
    fakeAsync((async) {
      orders.placeResult = Failed(_refused('out_of_stock', productIds: [sampleMilk.productId]));
      viewModel.placeOrder.execute();
      async.flushMicrotasks();
      expect(viewModel.notice, Texts.soldOutNotice);
      expect(viewModel.troubleOf(viewModel.cart.lines.single), Texts.notEnoughLeft);
      expect(viewModel.placed, isNull);
      // The stocks of a cart are a moment old: it is read again.
      final reads = cart.calls.where((call) => call == 'refresh').length;
      async.elapse(CartViewModel.snapshot);
      expect(cart.calls.where((call) => call == 'refresh').length, reads + 1);
    });
  });

  test('a changed total is shown with the new one and the previous prices', () async {
    orders.placeResult = Failed(_refused('total_changed', total: 13000));
    const dearer = 6500;
    cart.onRefresh = () {
      final line = sampleLine(sampleMilk, 2);
      cart.cart = Cart(
        lines: [
          CartLine(
            lineId: line.lineId,
            productId: line.productId,
            quantity: 2,
            name: line.name,
            price: dearer,
            imageUrl: line.imageUrl,
            unit: line.unit,
            available: true,
            stock: 9,
          ),
        ],
        loaded: true,
      );
    };
    await viewModel.placeOrder.execute();
    expect(viewModel.notice, Texts.totalNotice('₹130'));
    expect(viewModel.oldPriceOf(viewModel.cart.lines.single), sampleMilk.price);
    expect(viewModel.placeLabel, 'Place order · ₹130');
  });

  test('an invalid order shows a message with the request id', () async {
    orders.placeResult = const Failed(
      Invalid(
        requestId: 'app-7',
        fields: [FieldError(field: 'Idempotency-Key', type: 'value_error', message: 'used before')],
      ),
    );
    await viewModel.placeOrder.execute();
    expect(viewModel.notice, Texts.orderNotUnderstood);
    expect(viewModel.requestId, 'app-7');
    expect(viewModel.placeLabel, 'Place order · ₹120');
  });

  test('an unknown outcome asks to try again, with the request id', () async {
    orders.placeResult = const Failed(sampleUnavailable);
    await viewModel.placeOrder.execute();
    expect(viewModel.notice, '${Texts.errorBusy} ${Texts.neverTwice}');
    expect(viewModel.requestId, sampleUnavailable.requestId);
    expect(viewModel.placeLabel, 'Try again · ₹120');
  });

  test('a rate limit is shown on the button', () async {
    final gate = Completer<void>();
    orders
      ..pause = sampleTooMany
      ..placeGate = gate;
    final placing = viewModel.placeOrder.execute();
    await Future<void>.delayed(Duration.zero);
    expect(viewModel.placeLabel, Texts.manyOrders(2));
    gate.complete();
    await placing;
    expect(viewModel.placed, samplePlacedOrder);
  });

  test('an empty cart after a lost answer shows its order', () async {
    cart.cart = const Cart(lines: [], loaded: true);
    orders.recoverResult = const Ok(samplePlacedOrder);
    await viewModel.look();
    expect(viewModel.placed, samplePlacedOrder);
  });

  group('an order that was not shown', () {
    const empty = Cart(lines: [], loaded: true);

    int recoveries() => orders.calls.where((call) => call == 'recover').length;

    Future<void> pass() => Future<void>.delayed(Duration.zero);

    test('is recovered when the empty cart is read, once a reading', () async {
      cart.cart = empty;
      await pass();
      expect(recoveries(), 0, reason: 'nothing was read');
      await cart.refresh();
      await pass();
      cart.cart = empty;
      await pass();
      expect(recoveries(), 1);
      orders.recoverResult = const Ok(samplePlacedOrder);
      await cart.refresh();
      await pass();
      expect(viewModel.placed, samplePlacedOrder);
      await cart.refresh();
      await pass();
      expect(recoveries(), 2, reason: 'it was found');
    });

    test('is not recovered with pending changes, or after a failed reading', () async {
      cart
        ..cart = empty
        ..refreshResult = const Failed(sampleOffline);
      await cart.refresh();
      await pass();
      cart
        ..cart = const Cart(lines: [], loaded: true, pending: true)
        ..refreshResult = const Ok(null);
      await cart.refresh();
      await pass();
      expect(recoveries(), 0);
    });

    test('is recovered once at a time, and no order is placed meanwhile', () async {
      final gate = Completer<void>();
      orders.recoverGate = gate;
      cart.cart = empty;
      await cart.refresh();
      await cart.refresh();
      await pass();
      expect(recoveries(), 1);
      cart.cart = Cart(lines: [sampleLine(sampleMilk, 1)], loaded: true);
      expect(viewModel.canPlace, isFalse);
      gate.complete();
      await pass();
      expect(viewModel.canPlace, isTrue);
    });

    test('is not recovered while an order is placed, but after it', () async {
      final gate = Completer<void>();
      orders
        ..placeGate = gate
        ..placeResult = const Failed(sampleUnavailable);
      final placing = viewModel.placeOrder.execute();
      await pass();
      cart.cart = empty;
      await viewModel.look();
      expect(recoveries(), 0);
      orders.recoverResult = const Ok(samplePlacedOrder);
      gate.complete();
      await placing;
      expect(recoveries(), 1);
      expect(viewModel.placed, samplePlacedOrder);
    });

    test('prevents the empty state until the outcome is known', () async {
      orders.recoverResult = const Failed(sampleUnavailable);
      cart.cart = empty;
      await viewModel.look();
      expect(viewModel.error, sampleUnavailable);
      expect(recoveries(), 1);
      orders.recoverResult = const Ok(null);
      await viewModel.look();
      expect(viewModel.error, isNull);
      expect(recoveries(), 2);
    });

    test('stops the next order once, with its total', () async {
      orders.lostTotal = 6000;
      await viewModel.placeOrder.execute();
      expect(viewModel.notice, Texts.maybePlaced('₹60'));
      expect(orders.calls, isEmpty);
      await viewModel.placeOrder.execute();
      expect(orders.calls, ['place 12000']);
    });
  });

  group('a line whose id is not known', () {
    setUp(() => cart.cart = Cart(lines: [CartLine.wanted(sampleMilk, 2)], loaded: true));

    test('is read before the order', () async {
      cart.onRefresh = () => cart.cart = Cart(lines: [sampleLine(sampleMilk, 2)], loaded: true);
      await viewModel.placeOrder.execute();
      expect(cart.calls.take(2), ['flush', 'refresh']);
      expect(orders.calls, ['place 12000']);
    });

    test('is not ordered if the cart can’t be read', () async {
      cart.refreshResult = const Failed(sampleOffline);
      await viewModel.placeOrder.execute();
      expect(viewModel.notice, Texts.errorOffline);
      expect(orders.calls, isEmpty);
    });

    test('is not ordered if it is still unknown, or the total differs', () async {
      await viewModel.placeOrder.execute();
      expect(viewModel.notice, Texts.cartChanged('₹120'));
      cart.onRefresh = () => cart.cart = Cart(lines: [sampleLine(sampleMilk, 1)], loaded: true);
      await viewModel.placeOrder.execute();
      expect(viewModel.notice, Texts.cartChanged('₹60'));
      expect(orders.calls, isEmpty);
    });
  });

  test('the cart of another login is not ordered', () async {
    cart.onFlush = () => auth.end(SessionEnd.left);
    await viewModel.placeOrder.execute();
    expect(orders.calls, isEmpty);
  });

  test('a cart with lines starts no recovery', () async {
    await viewModel.look();
    expect(orders.calls, isEmpty);
  });

  test('an unavailable line blocks the order', () {
    cart.cart = Cart(lines: [sampleLine(sampleSoldOut, 1)], loaded: true);
    expect(viewModel.canPlace, isFalse);
    expect(viewModel.troubleOf(viewModel.cart.lines.single), Texts.outOfStock);
  });

  test('a blocked order is not sent', () async {
    cart.cart = Cart(lines: [sampleLine(sampleSoldOut, 1)], loaded: true);
    await viewModel.placeOrder.execute();
    expect(orders.calls, isEmpty);
    expect(viewModel.placed, isNull);
  });

  test('a change refused during the order stops it with a message', () async {
    cart.onFlush = () => cart.cart = Cart(lines: [sampleLine(sampleMilk, 1)], loaded: true);
    await viewModel.placeOrder.execute();
    expect(orders.calls, isEmpty);
    expect(viewModel.notice, Texts.cartChanged('₹60'));
    await viewModel.placeOrder.execute();
    expect(orders.calls, ['place 6000']);
  });

  test('reduces a line to the stock', () {
    final line = sampleLine(sampleBread, 5);
    cart.cart = Cart(lines: [line], loaded: true);
    expect(viewModel.troubleOf(line), Texts.onlyLeft(3));
    viewModel.takeWhatThereIs(line);
    expect(viewModel.cart.lines.single.quantity, 3);
  });
}
