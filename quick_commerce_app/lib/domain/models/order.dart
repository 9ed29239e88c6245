/// The short number of an order for people: "#ABC123".
String orderNumber(String orderId) {
  final from = orderId.length > 6 ? orderId.length - 6 : 0;
  return '#${orderId.substring(from).toUpperCase()}';
}

/// The status of an order. [word] is its value in the API.
enum OrderStatus {
  placed('PLACED'),
  packed('PACKED'),
  outForDelivery('OUT_FOR_DELIVERY'),
  delivered('DELIVERED'),
  cancelled('CANCELLED'),

  /// An unknown value, of a newer shop.
  unknown('');

  const OrderStatus(this.word);

  factory OrderStatus.of(String word) =>
      values.firstWhere((status) => status.word == word, orElse: () => unknown);

  final String word;

  /// The states of an order that isn't cancelled, in order.
  static const List<OrderStatus> steps = [placed, packed, outForDelivery, delivered];

  /// Whether an order may move from this state to [other].
  bool isBefore(OrderStatus other) =>
      steps.contains(this) && (other == cancelled || steps.indexOf(this) < steps.indexOf(other));

  /// Whether [other] is the next step, or a step without a predecessor.
  bool leadsTo(OrderStatus other) =>
      !steps.contains(other) || steps.indexOf(other) == steps.indexOf(this) + 1;

  /// Whether the order has ended.
  bool get isEnded => this == delivered || this == cancelled;
}

/// A line of an order.
final class OrderItem {
  const OrderItem({
    required this.productId,
    required this.quantity,
    required this.price,
    this.name,
  });

  final String productId;
  final int quantity;

  /// The price of one unit at the time of the order, in paise.
  final int price;

  /// Its name at that time; null in the list of orders, which has no names.
  final String? name;

  /// In paise.
  int get sum => price * quantity;
}

/// A step of an order.
final class OrderStep {
  const OrderStep({required this.status, required this.at});

  final OrderStatus status;

  /// In UTC.
  final DateTime at;
}

/// An order with its status.
final class Order {
  const Order({
    required this.orderId,
    required this.items,
    required this.total,
    required this.createdAt,
    required this.status,
    required this.history,
  });

  final String orderId;
  final List<OrderItem> items;

  /// In paise.
  final int total;

  /// In UTC.
  final DateTime createdAt;
  final OrderStatus status;

  /// The steps so far, oldest first.
  final List<OrderStep> history;

  /// The time of a step, or null.
  DateTime? reachedAt(OrderStatus step) {
    for (final entry in history) {
      if (entry.status == step) return entry.at;
    }
    return null;
  }

  /// The order after one more step.
  Order moved(OrderStep step) => Order(
    orderId: orderId,
    items: items,
    total: total,
    createdAt: createdAt,
    status: step.status,
    history: List.unmodifiable([...history.where((entry) => entry.status != step.status), step]),
  );
}

/// An order of the list of orders: without names and status.
final class OrderSummary {
  const OrderSummary({
    required this.orderId,
    required this.items,
    required this.total,
    required this.createdAt,
  });

  final String orderId;
  final List<OrderItem> items;

  /// In paise.
  final int total;

  /// In UTC.
  final DateTime createdAt;
}

/// The answer to an order.
final class PlacedOrder {
  const PlacedOrder({required this.orderId, required this.total});

  final String orderId;

  /// In paise.
  final int total;
}
