import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/routing/routes.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/utils/dates.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/samples.dart';
import '../harness.dart';

void main() {
  testWidgets('shows the logged-in user', (tester) async {
    await openAt(tester, FakeApp(), Routes.account);
    expect(find.text('Asha'), findsOneWidget);
    expect(find.text('asha@example.com'), findsOneWidget);
    expect(find.text(Texts.withUsSince(dateOf(sampleProfile.createdAt))), findsOneWidget);
  });

  testWidgets('leads to orders, cart and the shop’s address', (tester) async {
    await openAt(tester, FakeApp(), Routes.account);
    await tapOn(tester, find.text(Texts.settings));
    expect(find.text(Texts.addressLabel), findsOneWidget);
  });

  testWidgets('logs out, and shows the shop to a guest', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, Routes.account);
    await tapOn(tester, find.byKey(const ValueKey('log-out')));
    expect(shop.auth.calls, ['logout']);
    expect(find.text(Texts.loggedOut), findsOneWidget);
    expect(find.byTooltip(Texts.logIn), findsOneWidget);
  });

  testWidgets('a logout works without the profile', (tester) async {
    final shop = FakeApp();
    shop.auth.profileResult = const Failed(sampleUnavailable);
    await openAt(tester, shop, Routes.account);
    expect(find.text(Texts.errorBusy), findsOneWidget);
    await tapOn(tester, find.byKey(const ValueKey('log-out')));
    expect(shop.auth.isLoggedIn, isFalse);
  });
}
