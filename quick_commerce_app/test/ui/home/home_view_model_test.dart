import 'dart:async';

import 'package:fake_async/fake_async.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/repositories/catalogue_repository.dart';
import 'package:quick_commerce_app/data/services/reachability_monitor.dart';
import 'package:quick_commerce_app/domain/models/paged.dart';
import 'package:quick_commerce_app/domain/models/product.dart';
import 'package:quick_commerce_app/ui/home/home_view_model.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/fake_auth_repository.dart';
import '../../../testing/fakes/fake_catalogue_repository.dart';
import '../../../testing/fakes/fake_order_repository.dart';
import '../../../testing/fakes/samples.dart';

Product _numbered(int number) => Product(
  productId: 'p$number',
  name: 'Thing $number',
  description: '',
  price: 1000,
  category: 'Things',
  unit: '1',
  imageUrl: '',
  available: true,
  stock: 9,
);

/// Delays the answer to a search for milk.
class _SlowMilk extends FakeCatalogueRepository {
  final Completer<void> gate = Completer<void>();

  @override
  Future<Result<Paged<Product>>> products({
    String? query,
    String? category,
    String? after,
    int limit = pageSize,
    bool fresh = false,
  }) async {
    if (query == 'milk') await gate.future;
    return super.products(query: query, category: category, after: after, limit: limit);
  }
}

void main() {
  late FakeCatalogueRepository catalogue;
  late FakeOrderRepository orders;
  late FakeAuthRepository auth;
  late ReachabilityMonitor reachability;
  late HomeViewModel viewModel;

  HomeViewModel make() =>
      HomeViewModel(catalogue: catalogue, orders: orders, auth: auth, reachability: reachability);

  setUp(() {
    catalogue = FakeCatalogueRepository();
    orders = FakeOrderRepository();
    auth = FakeAuthRepository(loggedIn: true);
    reachability = ReachabilityMonitor();
    viewModel = make();
  });

  tearDown(() {
    viewModel.dispose();
    reachability.dispose();
  });

  test('loads categories, products and the active order', () async {
    orders.activeOrder = sampleOrder();
    await viewModel.load();
    expect(viewModel.categories, ['Dairy', 'Bakery', 'Fruits']);
    expect(viewModel.products, sampleProducts);
    expect(viewModel.active?.orderId, sampleOrderId);
  });

  test('a guest has no active order', () async {
    orders.activeOrder = sampleOrder();
    auth = FakeAuthRepository();
    final guest = make();
    await guest.load();
    expect(guest.active, isNull);
    guest.dispose();
  });

  test('every pause in typing is a search, not every key', () {
    fakeAsync((async) {
      viewModel.search('b');
      async.elapse(const Duration(milliseconds: 100));
      viewModel.search('br');
      async.elapse(const Duration(milliseconds: 300));
      expect(catalogue.calls.where((call) => call.startsWith('products')), ['products br//']);
      expect(viewModel.products?.single.name, 'Bread');
    });
  });

  test('an outdated answer to a search is ignored', () async {
    final slow = _SlowMilk();
    catalogue = slow;
    final model = make();
    final first = model.searchNow('milk');
    await model.searchNow('bread');
    slow.gate.complete();
    await first;
    expect(model.products?.single.name, 'Bread');
    model.dispose();
  });

  test('a category ends a search', () async {
    await viewModel.searchNow('milk');
    await viewModel.choose('Bakery');
    expect(viewModel.query, isEmpty);
    expect(viewModel.products?.single.name, 'Bread');
  });

  test('loads one page after the other', () async {
    catalogue.stocked = [for (var number = 0; number < 30; number++) _numbered(number)];
    await viewModel.load();
    expect(viewModel.products, hasLength(24));
    expect(viewModel.hasMore, isTrue);
    await viewModel.more.execute();
    expect(viewModel.products, hasLength(30));
    expect(viewModel.hasMore, isFalse);
  });

  test('a failed refresh keeps what is shown', () async {
    await viewModel.load();
    catalogue.error = sampleUnavailable;
    expect(await viewModel.refresh(), sampleUnavailable);
    expect(viewModel.products, sampleProducts);
  });

  test('a failed load is repeated with a connection', () async {
    catalogue.error = sampleOffline;
    reachability.lost();
    await viewModel.load();
    expect(viewModel.error, sampleOffline);
    catalogue.error = null;
    reachability.reached();
    await Future<void>.delayed(Duration.zero);
    expect(viewModel.products, sampleProducts);
    expect(viewModel.error, isNull);
  });
}
