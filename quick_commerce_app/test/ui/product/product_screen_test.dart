import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/domain/models/product.dart';
import 'package:quick_commerce_app/routing/routes.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';

import '../../../testing/fakes/samples.dart';
import '../harness.dart';

const Product _curd = Product(
  productId: 'curd',
  name: 'Curd',
  description: '',
  price: 3500,
  category: 'Dairy',
  unit: '400 g',
  imageUrl: '',
  available: true,
  stock: 9,
);

void main() {
  testWidgets('shows price, stock and description, and adds it to the cart', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, Routes.productOf(sampleBread.productId));
    expect(find.text('Bread'), findsOneWidget);
    expect(find.text('₹40.50'), findsOneWidget);
    expect(find.text(Texts.onlyLeft(3)), findsOneWidget);
    expect(find.text('A soft white loaf.'), findsOneWidget);

    await tapOn(tester, find.byKey(ValueKey('add-${sampleBread.productId}')));
    expect(find.text('1 item · ₹40.50'), findsOneWidget);
  });

  testWidgets('shows others of its category, without itself', (tester) async {
    final shop = FakeApp();
    shop.catalogue.stocked = [...sampleProducts, _curd];
    await openAt(tester, shop, Routes.productOf(sampleMilk.productId));
    expect(find.text(Texts.moreIn('Dairy')), findsOneWidget);
    expect(find.text('Curd'), findsOneWidget);
    expect(find.text('Milk 1L'), findsOneWidget);
  });

  testWidgets('a missing product shows a message and a link to the shop', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, Routes.productOf('nothing'));
    expect(find.text(Texts.productGone), findsOneWidget);
    await tapOn(tester, find.text(Texts.seeWhatThereIs));
    expect(find.text(Texts.heroTitle), findsOneWidget);
  });

  testWidgets('a product that was read before is shown if the shop fails', (tester) async {
    final shop = FakeApp();
    shop.catalogue.error = sampleUnavailable;
    await openAt(tester, shop, Routes.productOf(sampleMilk.productId));
    expect(find.text('Milk 1L'), findsOneWidget);
  });

  testWidgets('a product that was not read before has an error with Retry', (tester) async {
    final shop = FakeApp();
    shop.catalogue.stocked = const [];
    shop.catalogue.error = sampleUnavailable;
    await openAt(tester, shop, Routes.productOf(sampleMilk.productId));
    expect(find.text(Texts.errorBusy), findsOneWidget);

    shop.catalogue.stocked = sampleProducts;
    shop.catalogue.error = null;
    await tapOn(tester, find.text(Texts.retry));
    expect(find.text('Milk 1L'), findsOneWidget);
  });

  testWidgets('its category links to all products of it', (tester) async {
    final shop = FakeApp();
    await openAt(tester, shop, Routes.productOf(sampleMilk.productId));
    await tapOn(tester, find.widgetWithText(TextButton, 'Dairy'));
    expect(find.text('Milk 1L'), findsOneWidget);
    expect(find.text('Bread'), findsNothing);
  });
}
