import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/routing/routes.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../testing/fakes/samples.dart';
import 'harness.dart';

/// The screens in the states with the most content.
final Map<String, (String, FakeApp Function())> _screens = {
  'login': (Routes.login, () => FakeApp(loggedIn: false)),
  'sign-up': (Routes.signup, () => FakeApp(loggedIn: false)),
  'home': (Routes.home, _shopUnderWay),
  'category': (Routes.categoryOf('Dairy'), FakeApp.new),
  'product': (Routes.productOf(sampleBread.productId), _filled),
  'cart': (Routes.cart, _filled),
  'empty cart': (Routes.cart, FakeApp.new),
  'confirmation': (Routes.confirmedOf(sampleOrderId), FakeApp.new),
  'tracking': (Routes.trackingOf(sampleOrderId), FakeApp.new),
  'delivered': (Routes.trackingOf(sampleOrderId), _delivered),
  'orders': (Routes.orders, FakeApp.new),
  'account': (Routes.account, FakeApp.new),
  'settings': (Routes.settings, FakeApp.new),
  'error': (Routes.orders, _broken),
};

FakeApp _filled() => FakeApp(
  lines: [sampleLine(sampleMilk, 2), sampleLine(sampleBread, 5), sampleLine(sampleSoldOut, 1)],
);

FakeApp _shopUnderWay() => _filled()..orders.activeOrder = sampleOrder();

FakeApp _delivered() =>
    FakeApp()..orders.orderResult = Ok(sampleOrder(status: OrderStatus.delivered));

FakeApp _broken() => FakeApp()..orders.ordersResult = const Failed(sampleUnavailable);

void main() {
  for (final MapEntry(key: name, value: (address, make)) in _screens.entries) {
    for (final brightness in Brightness.values) {
      testWidgets('$name, ${brightness.name}: targets, labels and contrast', (tester) async {
        final handle = tester.ensureSemantics();
        await openAt(tester, make(), address, brightness: brightness);
        await expectLater(tester, meetsGuideline(androidTapTargetGuideline));
        await expectLater(tester, meetsGuideline(labeledTapTargetGuideline));
        await expectLater(tester, meetsGuideline(textContrastGuideline));
        handle.dispose();
      });
    }

    testWidgets('$name: nothing is cut off at 200 % on a small phone', (tester) async {
      // An overflow throws, and so fails the test.
      await openAt(tester, make(), address, size: const Size(320, 640), textScale: 2);
      expect(tester.takeException(), isNull);
    });
  }
}
