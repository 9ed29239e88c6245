import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/repositories/address_repository.dart';
import 'package:quick_commerce_app/routing/routes.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';

import '../harness.dart';

void main() {
  final save = find.byKey(const ValueKey('save'));

  testWidgets('sets another address', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, Routes.settings);
    expect(find.text('http://shop.test'), findsOneWidget);
    await tester.enterText(fieldAt('address'), 'http://192.168.1.7:8080');
    await tapOn(tester, save);
    expect(shop.address.value, Uri.parse('http://192.168.1.7:8080'));
    expect(find.text(Texts.saved), findsOneWidget);
    expect(find.text(Texts.heroTitle), findsOneWidget);
  });

  testWidgets('a guest can open it from the login', (tester) async {
    await openAt(tester, FakeApp(loggedIn: false), Routes.login);
    await tapOn(tester, find.byTooltip(Texts.settings));
    expect(find.text(Texts.addressLabel), findsOneWidget);
  });

  testWidgets('shows the error of an address, and keeps the old one', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, Routes.settings);
    await tester.enterText(fieldAt('address'), 'my shop');
    await tapOn(tester, save);
    expect(find.text(Texts.addressWrong), findsOneWidget);
    expect(shop.address.value, Uri.parse('http://shop.test'));
  });

  testWidgets('resets to the default', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, Routes.settings);
    await tapOn(tester, find.text(Texts.useDefault));
    expect(shop.address.value, ApiAddress.standard);
  });
}
