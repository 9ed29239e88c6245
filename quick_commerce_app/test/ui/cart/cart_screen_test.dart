import 'dart:async';

import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/domain/models/cart.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/routing/routes.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/ui/core/tokens.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/samples.dart';
import '../harness.dart';

void main() {
  final place = find.byKey(const ValueKey('place-order'));

  bool isOff(WidgetTester tester) {
    final button = find.descendant(of: place, matching: find.byType(FilledButton));
    return tester.widget<FilledButton>(button).onPressed == null;
  }

  testWidgets('shows lines, bill and the total before the order', (tester) async {
    final shop = FakeApp(lines: [sampleLine(sampleMilk, 2), sampleLine(sampleBread, 1)]);
    await openAt(tester, shop, Routes.cart);
    expect(find.text('Milk 1L'), findsOneWidget);
    expect(find.text('1 L · ₹60'), findsOneWidget);
    expect(find.text('3 items'), findsOneWidget);
    expect(find.text(Texts.free), findsOneWidget);
    expect(find.text('Place order · ₹160.50'), findsOneWidget);
    // A sum ends where its panel does: its margin, border and padding are left of the phone's edge.
    final free = tester.getRect(find.text(Texts.free));
    expect(phone.width - free.right, Tokens.space4 + 1 + Tokens.space4);
  });

  testWidgets('places the order and confirms it', (tester) async {
    final shop = FakeApp(lines: [sampleLine(sampleMilk, 2)]);
    await openAt(tester, shop, Routes.cart);
    await tapOn(tester, place);
    expect(shop.orders.calls, contains('place 12000'));
    expect(find.text(Texts.orderPlaced), findsOneWidget);
    expect(find.textContaining(orderNumber(sampleOrderId)), findsOneWidget);
  });

  testWidgets('an unavailable line is marked, blocks the order, and can be removed', (
    tester,
  ) async {
    final shop = FakeApp(lines: [sampleLine(sampleMilk, 1), sampleLine(sampleSoldOut, 1)]);
    await openAt(tester, shop, Routes.cart);
    expect(find.text(Texts.outOfStock), findsOneWidget);
    expect(find.text(Texts.blocked), findsOneWidget);
    expect(isOff(tester), isTrue);

    await tapOn(tester, find.byKey(ValueKey('remove-${sampleSoldOut.productId}')));
    expect(find.text('Apple 1kg'), findsNothing);
    expect(isOff(tester), isFalse);
  });

  testWidgets('reduces a line to the stock', (tester) async {
    final shop = FakeApp(lines: [sampleLine(sampleBread, 5)]);
    await openAt(tester, shop, Routes.cart);
    expect(find.text(Texts.onlyLeft(3)), findsOneWidget);
    await tapOn(tester, find.text(Texts.take(3)));
    expect(shop.cart.quantityOf(sampleBread.productId), 3);
    expect(isOff(tester), isFalse);
  });

  testWidgets('sold out: shows a message, marks the line, keeps the cart', (tester) async {
    final shop = FakeApp(lines: [sampleLine(sampleMilk, 2)]);
    shop.orders.placeResult = Failed(
      Refused(
        requestId: 'app-1',
        status: 409,
        code: 'out_of_stock',
        detail: 'Out of stock',
        productIds: [sampleMilk.productId],
      ),
    );
    await openAt(tester, shop, Routes.cart);
    await tapOn(tester, place);
    expect(find.text(Texts.soldOutNotice), findsOneWidget);
    expect(find.text(Texts.notEnoughLeft), findsOneWidget);
    expect(find.text('Milk 1L'), findsOneWidget);
  });

  testWidgets('busy: asks to try again, with the request id', (tester) async {
    final shop = FakeApp(lines: [sampleLine(sampleMilk, 2)]);
    shop.orders.placeResult = const Failed(sampleUnavailable);
    await openAt(tester, shop, Routes.cart);
    await tapOn(tester, place);
    expect(find.text('${Texts.errorBusy} ${Texts.neverTwice}'), findsOneWidget);
    expect(find.textContaining(sampleUnavailable.requestId), findsOneWidget);
    expect(find.text('Try again · ₹120'), findsOneWidget);
  });

  testWidgets('a rate limit: the button shows the wait', (tester) async {
    final shop = FakeApp(lines: [sampleLine(sampleMilk, 2)]);
    final gate = Completer<void>();
    shop.orders
      ..pause = sampleTooMany
      ..placeGate = gate;
    await openAt(tester, shop, Routes.cart);
    await tester.tap(place);
    await tester.pump();
    await tester.pump();
    expect(find.text(Texts.manyOrders(2)), findsOneWidget);
    expect(isOff(tester), isTrue);

    gate.complete();
    await tester.pumpAndSettle();
    expect(find.text(Texts.orderPlaced), findsOneWidget);
  });

  testWidgets('leaving while the order is placed still shows the confirmation', (tester) async {
    final shop = FakeApp(lines: [sampleLine(sampleMilk, 2)]);
    final gate = Completer<void>();
    shop.orders.placeGate = gate;
    await openAt(tester, shop, Routes.cart);
    await tester.tap(place);
    await tester.pump();
    await tester.tap(find.byType(BackButton));
    await tester.pumpAndSettle();
    expect(find.text(Texts.heroTitle), findsOneWidget);

    gate.complete();
    await tester.pumpAndSettle();
    expect(find.text(Texts.orderPlaced), findsOneWidget);
  });

  testWidgets('an order whose answer was lost is confirmed', (tester) async {
    final shop = FakeApp();
    shop.orders.recoverResult = const Ok(samplePlacedOrder);
    await openAt(tester, shop, Routes.cart);
    expect(find.text(Texts.orderPlaced), findsOneWidget);
  });

  testWidgets('a failed recovery shows Retry, and no empty cart', (tester) async {
    final shop = FakeApp();
    shop.orders.recoverResult = const Failed(sampleUnavailable);
    await openAt(tester, shop, Routes.cart);
    expect(find.text(Texts.cartEmpty), findsNothing);
    expect(find.text(Texts.errorBusy), findsOneWidget);

    shop.orders.recoverResult = const Ok(samplePlacedOrder);
    await tapOn(tester, find.text(Texts.retry));
    expect(find.text(Texts.orderPlaced), findsOneWidget);
  });

  testWidgets('an empty cart leads to the shop', (tester) async {
    await openAt(tester, FakeApp(), Routes.cart);
    expect(find.text(Texts.cartEmpty), findsOneWidget);
    await tapOn(tester, find.text(Texts.browse));
    expect(find.text(Texts.heroTitle), findsOneWidget);
  });

  testWidgets('a cart that can’t be read has Retry and the request id', (tester) async {
    final shop = FakeApp();
    shop.cart
      ..cart = Cart.empty
      ..refreshResult = const Failed(sampleOffline);
    await openAt(tester, shop, Routes.cart);
    expect(find.text(Texts.offlineTitle), findsOneWidget);
    expect(find.textContaining(sampleOffline.requestId), findsOneWidget);

    shop.cart
      ..cart = const Cart(lines: [], loaded: true)
      ..refreshResult = const Ok(null);
    await tester.pumpAndSettle();
    expect(find.text(Texts.cartEmpty), findsOneWidget);
  });
}
