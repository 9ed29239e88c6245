import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:go_router/go_router.dart';
import 'package:quick_commerce_app/domain/models/product.dart';
import 'package:quick_commerce_app/routing/routes.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/ui/core/widgets/states.dart';

import '../../../testing/fakes/samples.dart';
import '../harness.dart';

Finder _at(String what, Product product) => find.byKey(ValueKey('$what-${product.productId}'));

Product _inCategory(int number) => Product(
  productId: '6650000000000000000009${number.toString().padLeft(2, '0')}',
  name: 'Product $number',
  description: '',
  price: 1000,
  category: 'Category $number',
  unit: '',
  imageUrl: '',
  available: true,
  stock: 9,
);

void main() {
  testWidgets('shows products, categories and the slogan', (tester) async {
    await openAt(tester, FakeApp(), '/');
    expect(find.text('Milk 1L'), findsOneWidget);
    expect(find.text('₹60'), findsOneWidget);
    expect(find.text('₹40.50'), findsOneWidget);
    expect(find.text(Texts.promise), findsOneWidget);
    expect(find.byKey(const ValueKey('category-Dairy')), findsOneWidget);
    expect(find.text(Texts.onlyLeft(3)), findsOneWidget);
  });

  testWidgets('ADD turns into a stepper, and the bar shows the total', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, '/');
    expect(find.text(Texts.viewCart), findsNothing);

    await tapOn(tester, _at('add', sampleMilk));
    expect(find.text('1 item · ₹60'), findsOneWidget);
    await tapOn(tester, _at('increase', sampleMilk));
    expect(find.text('2 items · ₹120'), findsOneWidget);
    expect(shop.cart.quantityOf(sampleMilk.productId), 2);
  });

  testWidgets('minus at a quantity of one removes, with Undo', (tester) async {
    final shop = FakeApp(lines: [sampleLine(sampleMilk, 1)]);
    await openAt(tester, shop, '/');
    await tapOn(tester, _at('decrease', sampleMilk));
    expect(find.text(Texts.removed('Milk 1L')), findsOneWidget);
    expect(_at('add', sampleMilk), findsOneWidget);

    await tester.tap(find.text(Texts.undo));
    await tester.pumpAndSettle();
    expect(find.text('1 item · ₹60'), findsOneWidget);
  });

  testWidgets('shows why a quantity can’t be increased', (tester) async {
    final shop = FakeApp(lines: [sampleLine(sampleBread, 3)]);
    await openAt(tester, shop, '/');
    await tapOn(tester, _at('increase', sampleBread));
    expect(find.text(Texts.onlyLeftOf(3, 'Bread')), findsOneWidget);
    expect(shop.cart.quantityOf(sampleBread.productId), 3);
  });

  testWidgets('a sold-out product has no ADD', (tester) async {
    await openAt(tester, FakeApp(), '/');
    expect(_at('add', sampleSoldOut), findsNothing);
    expect(find.text(Texts.outOfStock), findsOneWidget);
  });

  testWidgets('a guest who adds is asked to log in, and the wish is kept', (tester) async {
    final shop = FakeApp(loggedIn: false);
    await openAt(tester, shop, '/');
    await tapOn(tester, _at('add', sampleMilk));
    expect(find.text(Texts.logInToAdd), findsOneWidget);
    expect(find.text(Texts.welcomeBack), findsOneWidget);
    expect(shop.cart.wish, sampleMilk);
  });

  testWidgets('searches during typing', (tester) async {
    await openAt(tester, FakeApp(), '/');
    await tester.enterText(find.byType(TextField), 'bread');
    await tester.pump(const Duration(milliseconds: 300));
    await tester.pumpAndSettle();
    expect(find.text('Bread'), findsOneWidget);
    expect(find.text('Milk 1L'), findsNothing);
    expect(find.text('1 product'), findsOneWidget);
  });

  testWidgets('shows an empty result, and clears the search', (tester) async {
    await openAt(tester, FakeApp(), '/');
    await tester.enterText(find.byType(TextField), 'zzz');
    await tester.pump(const Duration(milliseconds: 300));
    await tester.pumpAndSettle();
    expect(find.text(Texts.nothingFound('zzz')), findsOneWidget);

    await tapOn(tester, find.text(Texts.clearSearch));
    expect(find.text('Milk 1L'), findsOneWidget);
  });

  testWidgets('a category shows only its products', (tester) async {
    await openAt(tester, FakeApp(), '/');
    await tapOn(tester, find.byKey(const ValueKey('category-Dairy')));
    expect(find.text('Milk 1L'), findsOneWidget);
    expect(find.text('Bread'), findsNothing);
  });

  testWidgets('back ends a search, then a category, and only then leaves', (tester) async {
    await openAt(tester, FakeApp(), '/');
    await tapOn(tester, find.byKey(const ValueKey('category-Dairy')));
    await tester.enterText(find.byType(TextField), 'bread');
    await tester.pump(const Duration(milliseconds: 300));
    await tester.pumpAndSettle();
    expect(find.text('Bread'), findsOneWidget);

    expect(await tester.binding.handlePopRoute(), isTrue);
    await tester.pumpAndSettle();
    expect(find.text('Bread'), findsNothing);
    expect(find.text('Milk 1L'), findsOneWidget);

    expect(await tester.binding.handlePopRoute(), isTrue);
    await tester.pumpAndSettle();
    expect(find.text(Texts.heroTitle), findsOneWidget);
    expect(find.text('Bread'), findsOneWidget);
  });

  testWidgets('the category is in the address', (tester) async {
    await openAt(tester, FakeApp(), '/');
    await tapOn(tester, find.byKey(const ValueKey('category-Dairy')));
    final router = GoRouter.of(tester.element(find.byType(TextField)));
    expect(Routes.here(router.state.uri), Routes.categoryOf('Dairy'));
    router.go(Routes.categoryOf('Bakery'));
    await tester.pumpAndSettle();
    expect(find.text('Bread'), findsOneWidget);
    expect(find.text('Milk 1L'), findsNothing);
  });

  testWidgets('the chosen category is visible', (tester) async {
    final shop = FakeApp();
    shop.catalogue.stocked = [for (var number = 1; number <= 13; number++) _inCategory(number)];
    await openAt(tester, shop, Routes.categoryOf('Category 13'));
    final chip = tester.getRect(find.byKey(const ValueKey('category-Category 13')));
    expect(chip.left, greaterThanOrEqualTo(0));
    expect(chip.right, lessThanOrEqualTo(phone.width));
  });

  testWidgets('a phone on its side with its keyboard has room for the search', (tester) async {
    tester.view.viewInsets = const FakeViewPadding(bottom: 220);
    await openAt(tester, FakeApp(), '/', size: const Size(740, 360));
    // An overflow throws, and so fails the test.
    expect(tester.takeException(), isNull);
    expect(find.byType(TextField), findsOneWidget);
  });

  testWidgets('scrolling the results closes the keyboard', (tester) async {
    final shop = FakeApp();
    shop.catalogue.stocked = [for (var number = 1; number <= 13; number++) _inCategory(number)];
    await openAt(tester, shop, '/');
    await tester.showKeyboard(find.byType(TextField));
    expect(tester.testTextInput.isVisible, isTrue);
    await tester.drag(find.byType(CustomScrollView), const Offset(0, -200));
    await tester.pumpAndSettle();
    expect(tester.testTextInput.isVisible, isFalse);
  });

  testWidgets('on a wide window the categories are beside the products', (tester) async {
    await openAt(tester, FakeApp(), '/', size: desktop);
    final rail = tester.getRect(find.byKey(const ValueKey('category-Fruits')));
    final card = tester.getRect(_at('card', sampleMilk));
    expect(rail.right, lessThan(card.left));
  });

  testWidgets('a skeleton is shown only after a delay', (tester) async {
    final catalogue = SlowCatalogue();
    await openAt(tester, FakeApp(catalogue: catalogue), '/', settle: false);
    await tester.pump();
    await tester.pump(const Duration(milliseconds: 100));
    expect(find.byType(Bone), findsNothing);
    await tester.pump(const Duration(milliseconds: 200));
    expect(find.byType(Bone), findsWidgets);

    catalogue.gate.complete();
    await tester.pumpAndSettle();
    expect(find.byType(Bone), findsNothing);
    expect(find.text('Milk 1L'), findsOneWidget);
  });

  testWidgets('an error has Retry and the request id', (tester) async {
    final shop = FakeApp();
    shop.catalogue.error = sampleUnavailable;
    await openAt(tester, shop, '/');
    expect(find.text(Texts.errorBusy), findsOneWidget);
    expect(find.textContaining(sampleUnavailable.requestId), findsOneWidget);

    shop.catalogue.error = null;
    await tapOn(tester, find.text(Texts.retry));
    expect(find.text('Milk 1L'), findsOneWidget);
  });

  testWidgets('a rate limit is retried after the wait', (tester) async {
    final shop = FakeApp();
    shop.catalogue.error = sampleTooMany;
    await openAt(tester, shop, '/', settle: false);
    await tester.pump();
    await tester.pump();
    expect(find.text(Texts.errorTooMany), findsOneWidget);
    expect(find.text(Texts.tryingAgainIn(2)), findsOneWidget);

    shop.catalogue.error = null;
    await tester.pump(const Duration(seconds: 1));
    await tester.pump(const Duration(seconds: 1));
    await tester.pumpAndSettle();
    expect(find.text('Milk 1L'), findsOneWidget);
  });

  testWidgets('an empty shop shows a message', (tester) async {
    final shop = FakeApp();
    shop.catalogue.stocked = const [];
    await openAt(tester, shop, '/');
    expect(find.text(Texts.shelvesEmpty), findsOneWidget);
  });

  testWidgets('shows a lost and a restored connection', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, '/');
    shop.reachability.lost();
    await tester.pump();
    expect(find.text(Texts.offlineBanner), findsOneWidget);
    shop.reachability.lost(timedOut: true);
    await tester.pump();
    expect(find.text(Texts.slowBanner), findsOneWidget);
    shop.reachability.reached();
    await tester.pump();
    expect(find.text(Texts.slowBanner), findsNothing);
  });

  testWidgets('can be pulled to refresh', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, '/');
    shop.catalogue.calls.clear();
    await tester.fling(find.byType(CustomScrollView), const Offset(0, 400), 1000);
    await tester.pumpAndSettle();
    expect(shop.catalogue.calls, contains('products //'));
  });

  testWidgets('the active order links to its tracking', (tester) async {
    final shop = FakeApp();
    shop.orders.activeOrder = sampleOrder();
    await openAt(tester, shop, '/');
    await tapOn(tester, find.text(Texts.track));
    expect(find.text(Texts.yourOrder), findsOneWidget);
  });

  testWidgets('shows an order that was placed on another screen', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, Routes.confirmedOf(sampleOrderId));
    shop.orders.activeOrder = sampleOrder();
    await tapOn(tester, find.text(Texts.keepShopping));
    expect(find.text(Texts.track), findsOneWidget);
  });

  testWidgets('a reverted change is shown on any screen', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, '/');
    shop.cart.refuse(sampleMilk, sampleUnavailable);
    await tester.pumpAndSettle();
    expect(find.text(Texts.refused('Milk 1L', Texts.errorBusy)), findsOneWidget);
  });
}
