import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/routing/routes.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/samples.dart';
import '../harness.dart';

void main() {
  final here = Routes.confirmedOf(sampleOrderId);

  testWidgets('shows number, items and total, and links to the tracking', (tester) async {
    await openAt(tester, FakeApp(), here);
    expect(find.text(Texts.orderPlaced), findsOneWidget);
    expect(find.textContaining(orderNumber(sampleOrderId)), findsOneWidget);
    expect(find.text('2 × Milk 1L'), findsOneWidget);
    expect(find.text('₹120'), findsNWidgets(2));

    await tapOn(tester, find.text(Texts.trackOrder));
    expect(find.text(Texts.yourOrder), findsOneWidget);
  });

  testWidgets('links back to the shop', (tester) async {
    await openAt(tester, FakeApp(), here);
    await tapOn(tester, find.text(Texts.keepShopping));
    expect(find.text(Texts.heroTitle), findsOneWidget);
  });

  testWidgets('an order of another user is not shown', (tester) async {
    final shop = FakeApp();
    shop.orders.orderResult = const Failed(
      Refused(requestId: 'app-1', status: 404, code: 'order_not_found', detail: 'Order not found'),
    );
    await openAt(tester, shop, here);
    expect(find.text(Texts.noSuchOrder), findsOneWidget);
  });

  testWidgets('an error has Retry', (tester) async {
    final shop = FakeApp();
    shop.orders.orderResult = const Failed(sampleUnavailable);
    await openAt(tester, shop, here);
    expect(find.text(Texts.errorBusy), findsOneWidget);
    shop.orders.orderResult = Ok(sampleOrder());
    await tapOn(tester, find.text(Texts.retry));
    expect(find.text(Texts.orderPlaced), findsOneWidget);
  });
}
