import 'dart:async';

import 'package:fake_async/fake_async.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/services/reachability_monitor.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/domain/models/paged.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/ui/orders/orders_view_model.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/fake_cart_repository.dart';
import '../../../testing/fakes/fake_catalogue_repository.dart';
import '../../../testing/fakes/fake_order_repository.dart';
import '../../../testing/fakes/samples.dart';

OrderSummary _summary(String orderId) => OrderSummary(
  orderId: orderId,
  items: sampleOrderSummary.items,
  total: sampleOrderSummary.total,
  createdAt: sampleOrderSummary.createdAt,
);

void main() {
  late FakeOrderRepository orders;
  late FakeCartRepository cart;
  late FakeCatalogueRepository catalogue;
  late ReachabilityMonitor reachability;
  late OrdersViewModel viewModel;

  setUp(() {
    orders = FakeOrderRepository();
    cart = FakeCartRepository();
    catalogue = FakeCatalogueRepository();
    reachability = ReachabilityMonitor();
    viewModel = OrdersViewModel(
      orders: orders,
      cart: cart,
      catalogue: catalogue,
      reachability: reachability,
    );
  });

  tearDown(() {
    viewModel.dispose();
    reachability.dispose();
  });

  test('loads a page, and older ones after it', () async {
    orders.ordersResult = Ok(Paged(items: [_summary('one')], after: 'cursor'));
    await viewModel.load.execute();
    expect(viewModel.hasMore, isTrue);
    orders.ordersResult = Ok(Paged(items: [_summary('two')]));
    await viewModel.more.execute();
    expect(orders.calls, ['orders ', 'orders cursor']);
    expect(viewModel.list?.map((order) => order.orderId), ['one', 'two']);
    expect(viewModel.hasMore, isFalse);
  });

  test('requests an order’s details once', () async {
    await viewModel.load.execute();
    await viewModel.needDetails(sampleOrderSummary);
    await viewModel.needDetails(sampleOrderSummary);
    expect(orders.calls.where((call) => call.startsWith('order ')), hasLength(1));
    expect(viewModel.detailsOf(sampleOrderId)?.status, OrderStatus.placed);
  });

  test('requests unknown pictures', () async {
    catalogue.stocked = const [];
    await viewModel.needDetails(sampleOrderSummary);
    expect(catalogue.calls, ['product ${sampleMilk.productId}']);
    expect(viewModel.picturesOf(sampleOrderSummary), ['']);
  });

  test('reads the details of one order at a time', () async {
    await viewModel.load.execute();
    orders.calls.clear();
    final gate = orders.orderGate = Completer<void>();
    final all = ['one', 'two', 'three'].map((id) => viewModel.needDetails(_summary(id)));
    final done = Future.wait(all);
    await Future<void>.delayed(Duration.zero);
    expect(orders.calls, ['order one']);
    gate.complete();
    await done;
    expect(orders.calls, ['order one', 'order two', 'order three']);
  });

  test('failed details are requested after the pause', () {
    fakeAsync((async) {
      orders.orderResult = const Failed(sampleTooMany);
      unawaited(viewModel.needDetails(sampleOrderSummary));
      unawaited(viewModel.needDetails(_summary('two')));
      async.flushMicrotasks();
      expect(orders.calls, ['order $sampleOrderId']);
      unawaited(viewModel.needDetails(sampleOrderSummary));
      async.elapse(const Duration(milliseconds: 1900));
      expect(orders.calls, hasLength(1));
      orders.orderResult = Ok(sampleOrder());
      async.elapse(const Duration(milliseconds: 200));
      expect(viewModel.detailsOf(sampleOrderId)?.status, OrderStatus.placed);
      expect(orders.calls.last, 'order two');
    });
  });

  test('a missing order is not requested again', () async {
    orders.orderResult = const Failed(sampleProductNotFound);
    await viewModel.needDetails(sampleOrderSummary);
    await viewModel.needDetails(sampleOrderSummary);
    expect(orders.calls, hasLength(1));
  });

  test('the details of an ended order are kept', () async {
    orders.orderResult = Ok(sampleOrder(status: OrderStatus.delivered));
    await viewModel.needDetails(sampleOrderSummary);
    await viewModel.load.execute();
    await viewModel.needDetails(sampleOrderSummary);
    expect(orders.calls.where((call) => call.startsWith('order ')), hasLength(1));
  });

  test('ordering again reports the added products', () async {
    await viewModel.again.execute(sampleOrderSummary);
    final report = viewModel.again.result?.valueOrNull;
    expect(cart.calls, ['again 1']);
    expect(report?.text, Texts.inCartAgain(1));
    expect(report?.some, isTrue);
  });

  test('unavailable products are named', () async {
    cart.addAgainResult = Ok(sampleOrderSummary.items);
    await viewModel.needDetails(sampleOrderSummary);
    await viewModel.again.execute(sampleOrderSummary);
    final report = viewModel.again.result?.valueOrNull;
    expect(report?.text, Texts.noneOfIt('Milk 1L'));
    expect(report?.some, isFalse);
  });

  test('an unknown outcome is an error', () async {
    cart.addAgainResult = const Failed(sampleUnavailable);
    await viewModel.again.execute(sampleOrderSummary);
    expect(viewModel.again.error, sampleUnavailable);
  });

  test('a list that was read again requests details again', () async {
    await viewModel.load.execute();
    await viewModel.needDetails(sampleOrderSummary);
    orders.orderResult = Ok(sampleOrder(status: OrderStatus.delivered));
    await viewModel.load.execute();
    await viewModel.needDetails(sampleOrderSummary);
    expect(viewModel.detailsOf(sampleOrderId)?.status, OrderStatus.delivered);
  });
}
