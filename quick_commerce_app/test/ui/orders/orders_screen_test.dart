import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/domain/models/paged.dart';
import 'package:quick_commerce_app/routing/routes.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/samples.dart';
import '../harness.dart';

void main() {
  testWidgets('lists orders with status, names and total', (tester) async {
    final shop = FakeApp();
    shop.orders.orderResult = Ok(sampleOrder(status: OrderStatus.delivered));
    await openAt(tester, shop, Routes.orders);
    expect(find.text(orderNumber(sampleOrderId)), findsOneWidget);
    expect(find.text('Delivered'), findsOneWidget);
    expect(find.text('Milk 1L'), findsOneWidget);
    expect(find.text('₹120'), findsOneWidget);
    expect(find.text(Texts.details), findsOneWidget);
  });

  testWidgets('an active order links to its tracking', (tester) async {
    await openAt(tester, FakeApp(), Routes.orders);
    await tapOn(tester, find.text(Texts.track));
    expect(find.text(Texts.yourOrder), findsOneWidget);
  });

  testWidgets('orders the same again, and opens the cart', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, Routes.orders);
    await tapOn(tester, find.text(Texts.orderAgain));
    expect(shop.cart.calls, contains('again 1'));
    expect(find.text(Texts.inCartAgain(1)), findsOneWidget);
    expect(find.text(Texts.yourCart), findsOneWidget);
  });

  testWidgets('stays if no product is available', (tester) async {
    final shop = FakeApp();
    shop.cart.addAgainResult = Ok(sampleOrderSummary.items);
    await openAt(tester, shop, Routes.orders);
    await tapOn(tester, find.text(Texts.orderAgain));
    expect(find.text(Texts.noneOfIt('Milk 1L')), findsOneWidget);
    expect(find.text(Texts.yourOrders), findsOneWidget);
  });

  testWidgets('reads the details of visible orders only', (tester) async {
    final shop = FakeApp();
    final many = [
      for (var number = 10; number < 40; number++)
        OrderSummary(
          orderId: '0000000000000000000000$number',
          items: sampleOrderSummary.items,
          total: sampleOrderSummary.total,
          createdAt: sampleOrderSummary.createdAt,
        ),
    ];
    shop.orders.ordersResult = Ok(Paged(items: many));
    await openAt(tester, shop, Routes.orders);
    final asked = shop.orders.calls.where((call) => call.startsWith('order '));
    expect(asked, isNotEmpty);
    expect(asked.length, lessThan(12));
  });

  testWidgets('shows older orders', (tester) async {
    final shop = FakeApp();
    shop.orders.ordersResult = Ok(Paged(items: [sampleOrderSummary], after: 'cursor'));
    await openAt(tester, shop, Routes.orders);
    shop.orders.ordersResult = const Ok(Paged(items: []));
    await tapOn(tester, find.text(Texts.olderOrders));
    expect(shop.orders.calls, contains('orders cursor'));
    expect(find.text(Texts.olderOrders), findsNothing);
  });

  testWidgets('no orders yet: links to the shop', (tester) async {
    final shop = FakeApp();
    shop.orders.ordersResult = const Ok(Paged(items: []));
    await openAt(tester, shop, Routes.orders);
    expect(find.text(Texts.noOrders), findsOneWidget);
    await tapOn(tester, find.text(Texts.browse));
    expect(find.text(Texts.heroTitle), findsOneWidget);
  });

  testWidgets('an error has Retry and the request id', (tester) async {
    final shop = FakeApp();
    shop.orders.ordersResult = const Failed(sampleOffline);
    await openAt(tester, shop, Routes.orders);
    expect(find.text(Texts.offlineTitle), findsOneWidget);
    expect(find.textContaining(sampleOffline.requestId), findsOneWidget);
    shop.orders.ordersResult = Ok(Paged(items: [sampleOrderSummary]));
    await tapOn(tester, find.text(Texts.retry));
    expect(find.text(orderNumber(sampleOrderId)), findsOneWidget);
  });
}
