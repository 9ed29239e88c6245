import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:integration_test/integration_test.dart';
import 'package:provider/provider.dart';
import 'package:quick_commerce_app/config/dependencies.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/ui/core/words.dart';
import 'package:quick_commerce_app/ui/shop_app.dart';

import '../testing/fakes/memory_store.dart';

/// The whole journey of a new customer, against a running gateway that moves orders by itself:
///
///     flutter test integration_test --dart-define=API_BASE_URL=http://localhost:8080
///
/// On an Android emulator the machine's own gateway is at http://10.0.2.2:8080, which is the
/// default there. The code of the sign-up is the shop's fixed one.
void main() {
  IntegrationTestWidgetsFlutterBinding.ensureInitialized();

  testWidgets('from the sign-up to the tracked order, and the same again', (tester) async {
    final email = 'journey-${DateTime.now().microsecondsSinceEpoch}@example.com';
    const password = 'journey-password';
    final dependencies = Dependencies(store: MemoryStore());
    await dependencies.restore();
    await tester.pumpWidget(
      MultiProvider(providers: dependencies.providers, child: const ShopApp()),
    );

    await _signUp(tester, email, password);
    await _fillCart(tester);
    await _order(tester);
    await _followToTheDoor(tester);
    await _orderAgain(tester);
    await _logOutAndIn(tester, email, password);

    // The screens are disposed of before their dependencies.
    await tester.pumpWidget(const SizedBox.shrink());
    dependencies.dispose();
  });
}

Future<void> _signUp(WidgetTester tester, String email, String password) async {
  await _tap(tester, find.byTooltip(Texts.logIn));
  await _tap(tester, find.text(Texts.createAnAccount));
  await _enter(tester, 'name', 'A new customer');
  await _enter(tester, 'email', email);
  await _enter(tester, 'password', password);
  await _enter(tester, 'otp', Texts.fixedOtp);
  await _tap(tester, find.byKey(const ValueKey('submit')));
  await _see(tester, find.byTooltip(Texts.account));
}

Future<void> _fillCart(WidgetTester tester) async {
  await tester.enterText(find.byType(TextField), 'milk');
  await _see(tester, find.text('“milk”'));
  await _tap(tester, find.bySemanticsLabel(Texts.addToCart('Milk 1L')));
  await _tap(tester, find.bySemanticsLabel(Texts.increase('Milk 1L')));
  await _see(tester, find.textContaining('2 items · '));
  await _tap(tester, find.text(Texts.viewCart));
}

Future<void> _order(WidgetTester tester) async {
  await _see(tester, find.text(Texts.bill));
  await _tap(tester, find.byKey(const ValueKey('place-order')));
  await _see(tester, find.text(Texts.orderPlaced));
  await _tap(tester, find.text(Texts.trackOrder));
}

Future<void> _followToTheDoor(WidgetTester tester) async {
  final arrived = StatusWords.of(OrderStatus.delivered).title;
  // Three steps of the simulator, by default 12 s each.
  await _see(tester, find.text(arrived), limit: const Duration(seconds: 90));
  await _tap(tester, find.text(Texts.shopAgain));
}

Future<void> _orderAgain(WidgetTester tester) async {
  await _tap(tester, find.byTooltip(Texts.orders));
  await _see(tester, find.text(StatusWords.of(OrderStatus.delivered).label));
  await _tap(tester, find.text(Texts.orderAgain));
  await _see(tester, find.text('2 items'));
  await _back(tester);
  await _back(tester);
}

Future<void> _logOutAndIn(WidgetTester tester, String email, String password) async {
  await _tap(tester, find.byTooltip(Texts.account));
  await _see(tester, find.text(email));
  await _tap(tester, find.byKey(const ValueKey('log-out')));
  await _tap(tester, find.byTooltip(Texts.logIn));
  await _enter(tester, 'email', email);
  await _enter(tester, 'password', password);
  await _tap(tester, find.byKey(const ValueKey('submit')));
  // The cart belongs to the account, not to the device.
  await _see(tester, find.textContaining('2 items · '));
}

/// Waits until a widget is shown.
Future<void> _see(
  WidgetTester tester,
  Finder finder, {
  Duration limit = const Duration(seconds: 30),
}) async {
  final end = DateTime.now().add(limit);
  while (finder.evaluate().isEmpty) {
    if (DateTime.now().isAfter(end)) fail('Waited in vain for $finder');
    await tester.pump(const Duration(milliseconds: 100));
  }
  await tester.pumpAndSettle();
}

Future<void> _tap(WidgetTester tester, Finder finder) async {
  await _see(tester, finder);
  await tester.ensureVisible(finder.first);
  await tester.pumpAndSettle();
  await tester.tap(finder.first);
  await tester.pumpAndSettle();
}

Future<void> _enter(WidgetTester tester, String field, String text) async {
  final input = find.descendant(
    of: find.byKey(ValueKey(field)),
    matching: find.byType(EditableText),
  );
  await _see(tester, input);
  await tester.enterText(input, text);
}

Future<void> _back(WidgetTester tester) async {
  await _tap(tester, find.byType(BackButton));
}
