import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/repositories/auth_repository.dart';
import 'package:quick_commerce_app/routing/routes.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/ui/core/tokens.dart';

import '../../testing/fakes/samples.dart';
import 'harness.dart';

void main() {
  testWidgets('an ended session opens the login, which returns to the screen', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, Routes.home);
    await tapOn(tester, find.byTooltip(Texts.orders));
    expect(find.text(Texts.yourOrders), findsOneWidget);

    shop.auth.end(SessionEnd.expired);
    await tester.pumpAndSettle();
    expect(find.text(Texts.sessionEnded), findsOneWidget);
    expect(find.text(Texts.logInToGoOn), findsOneWidget);

    await tester.enterText(fieldAt('email'), 'asha@example.com');
    await tester.enterText(fieldAt('password'), 'secret');
    await tapOn(tester, find.byKey(const ValueKey('submit')));
    expect(find.text(Texts.yourOrders), findsOneWidget);
  });

  testWidgets('an ended session keeps a public screen', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, Routes.productOf(sampleMilk.productId));
    shop.auth.end(SessionEnd.expired);
    await tester.pumpAndSettle();
    expect(find.text(Texts.sessionEnded), findsOneWidget);
    expect(find.text(Texts.aboutIt), findsOneWidget);

    await tester.tap(find.text(Texts.logIn));
    await tester.pumpAndSettle();
    expect(find.text(Texts.logInToGoOn), findsOneWidget);
  });

  testWidgets('the router reacts to an ended session', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, Routes.orders);
    shop.auth.end(SessionEnd.expired);
    await tester.pumpAndSettle();
    expect(find.text(Texts.logInToGoOn), findsOneWidget);
  });

  testWidgets('follows the device’s dark scheme', (tester) async {
    await openAt(tester, FakeApp(), Routes.home, brightness: Brightness.dark);
    final scaffold = tester.element(find.byType(Scaffold).first);
    expect(Theme.of(scaffold).scaffoldBackgroundColor, ShopColors.dark.background);
  });

  testWidgets('each screen has a link back to the shop', (tester) async {
    await openAt(tester, FakeApp(), Routes.cart);
    await tester.tap(find.byType(BackButton));
    await tester.pumpAndSettle();
    expect(find.text(Texts.heroTitle), findsOneWidget);
  });
}
