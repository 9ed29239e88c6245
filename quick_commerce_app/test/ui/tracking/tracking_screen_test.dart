import 'package:flutter/material.dart';
import 'package:flutter/services.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/domain/models/tracking.dart';
import 'package:quick_commerce_app/routing/routes.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/ui/core/words.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/samples.dart';
import '../harness.dart';

/// Changes the visibility of the app as the platform does.
Future<void> _appIs(WidgetTester tester, AppLifecycleState state) async {
  const channel = SystemChannels.lifecycle;
  await tester.binding.defaultBinaryMessenger.handlePlatformMessage(
    channel.name,
    channel.codec.encodeMessage(state.toString()),
    (_) {},
  );
}

String _title(OrderStatus status) => StatusWords.of(status).title;

void main() {
  final here = Routes.trackingOf(sampleOrderId);
  final cancel = find.byKey(const ValueKey('cancel'));

  testWidgets('updates live, step by step', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, here);
    expect(find.text(_title(OrderStatus.placed)), findsOneWidget);
    expect(find.text(Texts.connecting), findsOneWidget);

    shop.tracking.emit(sampleOrder(status: OrderStatus.outForDelivery), Connection.live);
    await tester.pumpAndSettle();
    expect(find.text(_title(OrderStatus.outForDelivery)), findsOneWidget);
    expect(find.text(Texts.live), findsOneWidget);
    expect(cancel, findsNothing);

    shop.tracking.emit(sampleOrder(status: OrderStatus.delivered), Connection.ended);
    await tester.pumpAndSettle();
    expect(find.text(_title(OrderStatus.delivered)), findsOneWidget);
    expect(find.text(Texts.live), findsNothing);
    expect(find.text(Texts.shopAgain), findsOneWidget);
  });

  testWidgets('each step has a text for its state', (tester) async {
    final handle = tester.ensureSemantics();
    final shop = FakeApp();
    shop.orders.orderResult = Ok(sampleOrder(status: OrderStatus.packed));
    await openAt(tester, shop, here);
    expect(find.bySemanticsLabel(RegExp('^Order placed, done')), findsOneWidget);
    expect(find.bySemanticsLabel(RegExp('^Packed, now')), findsOneWidget);
    expect(find.bySemanticsLabel(RegExp('^Delivered, still to come')), findsOneWidget);
    handle.dispose();
  });

  testWidgets('shows a lost connection', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, here);
    shop.tracking.emit(sampleOrder(), Connection.reconnecting);
    await tester.pumpAndSettle();
    expect(find.text(Texts.reconnecting), findsOneWidget);
  });

  testWidgets('cancels after a confirmation', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, here);
    await tapOn(tester, cancel);
    expect(find.text(Texts.cancelAsk), findsOneWidget);
    shop.orders.orderResult = Ok(sampleOrder(status: OrderStatus.cancelled));
    await tester.tap(find.widgetWithText(FilledButton, Texts.cancelOrder));
    await tester.pumpAndSettle();
    expect(shop.orders.calls, contains('cancel $sampleOrderId'));
    expect(find.text(Texts.cancelled), findsOneWidget);
    expect(find.text(_title(OrderStatus.cancelled)), findsOneWidget);
  });

  testWidgets('keeps the order without a confirmation', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, here);
    await tapOn(tester, cancel);
    await tester.tap(find.text(Texts.keepIt));
    await tester.pumpAndSettle();
    expect(shop.orders.calls, isNot(contains('cancel $sampleOrderId')));
    expect(cancel, findsOneWidget);
  });

  testWidgets('shows that it is too late to cancel', (tester) async {
    final shop = FakeApp();
    shop.orders.cancelResult = const Failed(
      Refused(
        requestId: 'app-1',
        status: 409,
        code: 'order_can_no_longer_be_cancelled',
        detail: 'Order can no longer be cancelled',
      ),
    );
    await openAt(tester, shop, here);
    await tapOn(tester, cancel);
    await tester.tap(find.widgetWithText(FilledButton, Texts.cancelOrder));
    await tester.pumpAndSettle();
    expect(find.text(Texts.errorCancelLate), findsOneWidget);
  });

  testWidgets('has no connection in the background', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, here);
    expect(shop.tracking.isFollowed, isTrue);

    await _appIs(tester, AppLifecycleState.resumed);
    await _appIs(tester, AppLifecycleState.hidden);
    expect(shop.tracking.isFollowed, isFalse);

    await _appIs(tester, AppLifecycleState.resumed);
    await tester.pumpAndSettle();
    expect(shop.tracking.isFollowed, isTrue);
  });

  testWidgets('an order of another user is not shown, with a link to the own orders', (
    tester,
  ) async {
    final shop = FakeApp();
    shop.orders.orderResult = const Failed(
      Refused(requestId: 'app-1', status: 404, code: 'order_not_found', detail: 'Order not found'),
    );
    await openAt(tester, shop, here);
    expect(find.text(Texts.noSuchOrder), findsOneWidget);
    await tapOn(tester, find.text(Texts.yourOrders));
    expect(find.text(orderNumber(sampleOrderId)), findsOneWidget);
  });
}
