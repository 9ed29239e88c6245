import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/services/api_models.dart';
import 'package:quick_commerce_app/domain/models/cart.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/domain/models/sellable.dart';
import 'package:quick_commerce_app/utils/json.dart';

import '../../testing/fakes/read_sample.dart';
import '../../testing/fakes/samples.dart';

// The shop's answers as models for the screens.
void main() {
  test('products', () {
    final products = asList(sampleJson('products_page'), productFromJson);
    expect(products, hasLength(4));
    final apple = products.first;
    expect(apple.productId, '665000000000000000000001');
    expect(apple.name, 'Apple 1kg');
    expect(apple.price, 12000);
    expect(apple.category, 'Fruits');
    expect(apple.unit, '1 kg');
    expect(apple.imageUrl, '/pictures/1f34e.webp');
    expect(apple.ceiling, maxQuantity);
    expect(products[2].ceiling, 0, reason: 'it is not available');
    expect(productFromJson(asObject(sampleJson('product_sold_out'))).ceiling, 0);
  });

  test('a product without a stock is available', () {
    final json = {...asObject(sampleJson('product'))}..remove('stock');
    expect(productFromJson(json).ceiling, maxQuantity);
  });

  test('the lines of a cart, in paise', () {
    final lines = asList(sampleJson('cart'), cartLineFromJson);
    expect(lines.map((line) => line.price), [6000, 950]);
    final cart = Cart(lines: lines, loaded: true);
    expect(cart.count, 6);
    expect(cart.total, 20850);
    expect(cart.isBlocked, isFalse);
  });

  test('an unavailable line blocks the order and is not counted', () {
    final cart = Cart(
      lines: [sampleLine(sampleMilk, 2), sampleLine(sampleSoldOut, 1)],
      loaded: true,
    );
    expect(cart.count, 2);
    expect(cart.total, 12000);
    expect(cart.lines.last.isGone, isTrue);
    expect(cart.isBlocked, isTrue);
  });

  test('a line with more than the stock blocks the order', () {
    final cart = Cart(lines: [sampleLine(sampleBread, 4)], loaded: true);
    expect(cart.lines.single.isGone, isFalse);
    expect(cart.lines.single.isShort, isTrue);
    expect(cart.isBlocked, isTrue);
  });

  test('an order', () {
    final order = orderFromJson(asObject(sampleJson('order')));
    expect(order.orderId, '000000000000000000000005');
    expect(order.total, 20850);
    expect(order.status, OrderStatus.placed);
    expect(order.createdAt, DateTime.utc(2026, 1, 5, 9, 35));
    expect(order.items.map((item) => item.name), ['Milk 1L', 'Curry Leaves (Kadi Patta)']);
    expect(order.items.last.sum, 2850);
    expect(order.reachedAt(OrderStatus.placed), DateTime.utc(2026, 1, 5, 9, 35));
    expect(order.reachedAt(OrderStatus.packed), isNull);
  });

  test('a delivered and a cancelled order have ended', () {
    final delivered = orderFromJson(asObject(sampleJson('order_delivered')));
    expect(delivered.status, OrderStatus.delivered);
    expect(delivered.history.map((step) => step.status), OrderStatus.steps);
    expect(delivered.status.isEnded, isTrue);
    final cancelled = orderFromJson(asObject(sampleJson('order_cancelled')));
    expect(cancelled.status, OrderStatus.cancelled);
    expect(cancelled.status.isEnded, isTrue);
  });

  test('a step moves an order once', () {
    final at = DateTime.utc(2026, 1, 5, 9, 40);
    final step = OrderStep(status: OrderStatus.packed, at: at);
    final moved = sampleOrder().moved(step).moved(step);
    expect(moved.status, OrderStatus.packed);
    expect(moved.history.map((entry) => entry.status), [OrderStatus.placed, OrderStatus.packed]);
    expect(moved.reachedAt(OrderStatus.packed), at);
  });

  test('the list of orders, without names', () {
    final orders = asList(sampleJson('orders'), orderSummaryFromJson);
    expect(orders, isNotEmpty);
    expect(orders.expand((order) => order.items).map((item) => item.name), everyElement(isNull));
  });

  test('the answer to an order', () {
    final placed = placedOrderFromJson(asObject(sampleJson('order_create')));
    expect(placed.orderId, '000000000000000000000005');
    expect(placed.total, 20850);
  });

  test('the status of an order', () {
    final news = statusNewsFromJson(asObject(sampleJson('status')));
    expect(news.orderId, '000000000000000000000005');
    expect(news.status, OrderStatus.placed);
    expect(news.at, DateTime.utc(2026, 1, 5, 9, 35));
  });

  test('an unknown status is no error', () {
    expect(OrderStatus.of('TELEPORTED'), OrderStatus.unknown);
    expect(OrderStatus.unknown.isEnded, isFalse);
  });

  test('the states of an order', () {
    expect(OrderStatus.placed.leadsTo(OrderStatus.packed), isTrue);
    expect(OrderStatus.placed.leadsTo(OrderStatus.outForDelivery), isFalse);
    expect(OrderStatus.placed.leadsTo(OrderStatus.cancelled), isTrue);
    expect(OrderStatus.placed.isBefore(OrderStatus.delivered), isTrue);
    expect(OrderStatus.placed.isBefore(OrderStatus.cancelled), isTrue);
    expect(OrderStatus.packed.isBefore(OrderStatus.placed), isFalse);
    expect(OrderStatus.packed.isBefore(OrderStatus.packed), isFalse);
    expect(OrderStatus.unknown.isBefore(OrderStatus.packed), isFalse);
  });

  test('an order has a short number', () {
    expect(orderNumber('6b037802d369eeaa69026671'), '#026671');
    expect(orderNumber('ab'), '#AB');
  });

  test('a profile', () {
    final profile = profileFromJson(asObject(sampleJson('profile')));
    expect(profile.userId, '000000000000000000000001');
    expect(profile.email, 'asha@example.com');
    expect(profile.createdAt.isUtc, isTrue);
  });

  test('a login expires', () {
    final now = DateTime.utc(2026, 1, 5, 9);
    final session = sessionFromLogin(asObject(sampleJson('login')), now);
    expect(session.userId, '000000000000000000000001');
    expect(session.isOver(now.add(const Duration(seconds: 7199))), isFalse);
    expect(session.isOver(now.add(const Duration(seconds: 7200))), isTrue);
  });
}
