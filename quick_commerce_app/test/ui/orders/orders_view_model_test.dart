import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/services/reachability.dart';
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
  late Reachability reachability;
  late OrdersViewModel viewModel;

  setUp(() {
    orders = FakeOrderRepository();
    cart = FakeCartRepository();
    catalogue = FakeCatalogueRepository();
    reachability = Reachability();
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

  test('asks for an order’s details once', () async {
    await viewModel.load.execute();
    await viewModel.needDetails(sampleOrderSummary);
    await viewModel.needDetails(sampleOrderSummary);
    expect(orders.calls.where((call) => call.startsWith('order ')), hasLength(1));
    expect(viewModel.detailsOf(sampleOrderId)?.status, OrderStatus.placed);
  });

  test('asks for pictures that it doesn’t know', () async {
    catalogue.stocked = const [];
    await viewModel.needDetails(sampleOrderSummary);
    expect(catalogue.calls, ['product ${sampleMilk.productId}']);
    expect(viewModel.picturesOf(sampleOrderSummary), ['']);
  });

  test('ordering again says what is in the cart', () async {
    await viewModel.again.execute(sampleOrderSummary);
    final report = viewModel.again.result?.valueOrNull;
    expect(cart.calls, ['again 1']);
    expect(report?.text, Texts.inCartAgain(1));
    expect(report?.some, isTrue);
  });

  test('what can’t be had again is named', () async {
    cart.addAgainResult = Ok(sampleOrderSummary.items);
    await viewModel.needDetails(sampleOrderSummary);
    await viewModel.again.execute(sampleOrderSummary);
    final report = viewModel.again.result?.valueOrNull;
    expect(report?.text, Texts.noneOfIt('Milk 1L'));
    expect(report?.some, isFalse);
  });

  test('an unsure answer is an error', () async {
    cart.addAgainResult = const Failed(sampleUnavailable);
    await viewModel.again.execute(sampleOrderSummary);
    expect(viewModel.again.error, sampleUnavailable);
  });

  test('a list that was read anew asks for details anew', () async {
    await viewModel.load.execute();
    await viewModel.needDetails(sampleOrderSummary);
    orders.orderResult = Ok(sampleOrder(status: OrderStatus.delivered));
    await viewModel.load.execute();
    await viewModel.needDetails(sampleOrderSummary);
    expect(viewModel.detailsOf(sampleOrderId)?.status, OrderStatus.delivered);
  });
}
