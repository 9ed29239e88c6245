import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../harness.dart';

void main() {
  final submit = find.byKey(const ValueKey('submit'));

  testWidgets('returns to the previous screen', (tester) async {
    final shop = FakeApp(loggedIn: false);
    await openAt(tester, shop, '/cart');
    expect(find.text(Texts.logInToGoOn), findsOneWidget);

    await tester.enterText(fieldAt('email'), 'asha@example.com');
    await tester.enterText(fieldAt('password'), 'secret');
    await tapOn(tester, submit);
    expect(shop.auth.calls, ['login asha@example.com']);
    expect(find.text(Texts.yourCart), findsOneWidget);
  });

  testWidgets('shows missing fields', (tester) async {
    final shop = FakeApp(loggedIn: false);
    await openAt(tester, shop, '/login');
    await tapOn(tester, submit);
    expect(find.text(Texts.enterEmail), findsOneWidget);
    expect(find.text(Texts.enterPassword), findsOneWidget);

    await tester.enterText(fieldAt('email'), 'asha@example.com');
    await tester.pumpAndSettle();
    expect(find.text(Texts.enterEmail), findsNothing);
  });

  testWidgets('shows that email or password is wrong', (tester) async {
    final shop = FakeApp(loggedIn: false);
    shop.auth.loginResult = const Failed(
      Refused(
        requestId: 'app-1',
        status: 401,
        code: 'invalid_credentials',
        detail: 'Invalid credentials',
      ),
    );
    await openAt(tester, shop, '/login');
    await tester.enterText(fieldAt('email'), 'asha@example.com');
    await tester.enterText(fieldAt('password'), 'wrong');
    await tapOn(tester, submit);
    expect(find.text(Texts.errorCredentials), findsOneWidget);
    expect(find.text(Texts.welcomeBack), findsOneWidget);
  });

  testWidgets('shows the password when asked to', (tester) async {
    await openAt(tester, FakeApp(loggedIn: false), '/login');
    bool hidden() => tester.widget<EditableText>(fieldAt('password')).obscureText;
    expect(hidden(), isTrue);
    await tester.tap(find.byTooltip(Texts.showPassword));
    await tester.pumpAndSettle();
    expect(hidden(), isFalse);
  });

  testWidgets('links to the sign-up, which returns to the previous screen', (tester) async {
    final shop = FakeApp(loggedIn: false);
    await openAt(tester, shop, '/orders');
    await tapOn(tester, find.text(Texts.createAnAccount));
    expect(find.text(Texts.createYourAccount), findsOneWidget);

    await tester.enterText(fieldAt('name'), 'Asha');
    await tester.enterText(fieldAt('email'), 'asha@example.com');
    await tester.enterText(fieldAt('password'), 'long enough');
    await tester.enterText(fieldAt('otp'), '1234');
    await tapOn(tester, submit);
    expect(find.text(Texts.yourOrders), findsOneWidget);
  });
}
