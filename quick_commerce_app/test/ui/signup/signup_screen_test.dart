import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../harness.dart';

void main() {
  final submit = find.byKey(const ValueKey('submit'));

  Future<void> fill(WidgetTester tester) async {
    await tester.enterText(fieldAt('name'), 'Asha');
    await tester.enterText(fieldAt('email'), 'asha@example.com');
    await tester.enterText(fieldAt('password'), 'long enough');
    await tester.enterText(fieldAt('otp'), '1234');
  }

  testWidgets('creates an account and opens the shop', (tester) async {
    final shop = FakeApp(loggedIn: false);
    await openAt(tester, shop, '/signup');
    expect(find.text(Texts.otpHint), findsOneWidget);
    await fill(tester);
    await tapOn(tester, submit);
    expect(shop.auth.calls, ['register asha@example.com']);
    expect(find.text(Texts.heroTitle), findsOneWidget);
  });

  testWidgets('shows at the field that the email address is taken', (tester) async {
    final shop = FakeApp(loggedIn: false);
    shop.auth.registerResult = const Failed(
      Refused(
        requestId: 'app-1',
        status: 400,
        code: 'email_already_exists',
        detail: 'Email already exists',
      ),
    );
    await openAt(tester, shop, '/signup');
    await fill(tester);
    await tapOn(tester, submit);
    expect(find.text(Texts.errorEmailExists), findsOneWidget);
    expect(find.text(Texts.createYourAccount), findsOneWidget);
  });

  testWidgets('Next on the keyboard moves from field to field', (tester) async {
    await openAt(tester, FakeApp(loggedIn: false), '/signup');
    await tester.showKeyboard(fieldAt('name'));
    for (final next in ['email', 'password', 'otp']) {
      await tester.testTextInput.receiveAction(TextInputAction.next);
      await tester.pumpAndSettle();
      final field = tester.widget<EditableText>(fieldAt(next));
      expect(field.focusNode.hasFocus, isTrue, reason: next);
    }
    expect(tester.testTextInput.isVisible, isTrue);
  });

  testWidgets('shows missing fields', (tester) async {
    await openAt(tester, FakeApp(loggedIn: false), '/signup');
    await tapOn(tester, submit);
    expect(find.text(Texts.enterName), findsOneWidget);
    expect(find.text(Texts.enterCode), findsOneWidget);
  });
}
