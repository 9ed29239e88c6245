import 'dart:async';

import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:provider/provider.dart';
import 'package:quick_commerce_app/data/repositories/address_repository.dart';
import 'package:quick_commerce_app/data/repositories/auth_repository.dart';
import 'package:quick_commerce_app/data/repositories/cart_repository.dart';
import 'package:quick_commerce_app/data/repositories/catalogue_repository.dart';
import 'package:quick_commerce_app/data/repositories/order_repository.dart';
import 'package:quick_commerce_app/data/repositories/tracking_repository.dart';
import 'package:quick_commerce_app/data/services/reachability_monitor.dart';
import 'package:quick_commerce_app/domain/models/cart.dart';
import 'package:quick_commerce_app/domain/models/paged.dart';
import 'package:quick_commerce_app/domain/models/product.dart';
import 'package:quick_commerce_app/domain/reachability.dart';
import 'package:quick_commerce_app/ui/shop_app.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../testing/fakes/fake_auth_repository.dart';
import '../../testing/fakes/fake_cart_repository.dart';
import '../../testing/fakes/fake_catalogue_repository.dart';
import '../../testing/fakes/fake_order_repository.dart';
import '../../testing/fakes/fake_tracking_repository.dart';
import '../../testing/fakes/memory_store.dart';

/// The whole app on fakes, for tests of its screens.
class FakeApp {
  FakeApp({
    bool loggedIn = true,
    List<CartLine> lines = const [],
    FakeCatalogueRepository? catalogue,
  }) : auth = FakeAuthRepository(loggedIn: loggedIn),
       cart = FakeCartRepository(lines: lines),
       catalogue = catalogue ?? FakeCatalogueRepository();

  final FakeAuthRepository auth;
  final FakeCartRepository cart;
  final FakeCatalogueRepository catalogue;
  final FakeOrderRepository orders = FakeOrderRepository();
  final FakeTrackingRepository tracking = FakeTrackingRepository();
  final ReachabilityMonitor reachability = ReachabilityMonitor();
  final ApiAddress address = ApiAddress(
    store: MemoryStore(),
    initial: Uri.parse('http://shop.test'),
  );

  Widget app(String at) => MultiProvider(
    providers: [
      ChangeNotifierProvider<ApiAddress>.value(value: address),
      ChangeNotifierProvider<Reachability>.value(value: reachability),
      ChangeNotifierProvider<AuthRepository>.value(value: auth),
      Provider<CatalogueRepository>.value(value: catalogue),
      ChangeNotifierProvider<CartRepository>.value(value: cart),
      Provider<OrderRepository>.value(value: orders),
      Provider<TrackingRepository>.value(value: tracking),
    ],
    child: ShopApp(initialLocation: at),
  );
}

/// A catalogue that delays its answers until a test releases them.
class SlowCatalogue extends FakeCatalogueRepository {
  final Completer<void> gate = Completer<void>();

  @override
  Future<Result<Paged<Product>>> products({
    String? query,
    String? category,
    String? after,
    int limit = pageSize,
    bool fresh = false,
  }) async {
    await gate.future;
    return super.products(
      query: query,
      category: category,
      after: after,
      limit: limit,
      fresh: fresh,
    );
  }
}

/// A phone, and a window as wide as a desktop's.
const Size phone = Size(412, 915);
const Size desktop = Size(1280, 900);

/// Opens the app at an address, on a screen of a size and with text of a scale.
Future<void> openAt(
  WidgetTester tester,
  FakeApp shop,
  String at, {
  Size size = phone,
  double textScale = 1,
  Brightness brightness = Brightness.light,
  bool settle = true,
}) async {
  tester.view.devicePixelRatio = 1;
  tester.view.physicalSize = size;
  tester.platformDispatcher.textScaleFactorTestValue = textScale;
  tester.platformDispatcher.platformBrightnessTestValue = brightness;
  addTearDown(tester.view.reset);
  addTearDown(tester.platformDispatcher.clearAllTestValues);
  await tester.pumpWidget(shop.app(at));
  if (settle) await tester.pumpAndSettle();
}

/// The field of a form by its key.
Finder fieldAt(String key) =>
    find.descendant(of: find.byKey(ValueKey(key)), matching: find.byType(EditableText));

/// Scrolls until a widget is visible, and taps it.
Future<void> tapOn(WidgetTester tester, Finder finder) async {
  await tester.ensureVisible(finder);
  await tester.pumpAndSettle();
  await tester.tap(finder);
  await tester.pumpAndSettle();
}
