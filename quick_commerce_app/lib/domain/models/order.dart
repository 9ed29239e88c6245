/// An order's number as people read it out: "#ABC123".
String orderNumber(String orderId) {
  final from = orderId.length > 6 ? orderId.length - 6 : 0;
  return '#${orderId.substring(from).toUpperCase()}';
}

/// Where an order is. [word] is the shop's word for it.
enum OrderStatus {
  placed('PLACED'),
  packed('PACKED'),
  outForDelivery('OUT_FOR_DELIVERY'),
  delivered('DELIVERED'),
  cancelled('CANCELLED'),

  /// A word that this app doesn't know: a newer shop's.
  unknown('');

  const OrderStatus(this.word);

  factory OrderStatus.of(String word) =>
      values.firstWhere((status) => status.word == word, orElse: () => unknown);

  final String word;

  /// The way of an order that isn't cancelled, in its order.
  static const List<OrderStatus> steps = [placed, packed, outForDelivery, delivered];

  /// Whether an order may get from here to [other].
  bool isBefore(OrderStatus other) =>
      steps.contains(this) && (other == cancelled || steps.indexOf(this) < steps.indexOf(other));

  /// Whether [other] is the very next step, or one that has none before it.
  bool leadsTo(OrderStatus other) =>
      !steps.contains(other) || steps.indexOf(other) == steps.indexOf(this) + 1;

  /// Whether the order doesn't move any more.
  bool get isEnded => this == delivered || this == cancelled;
}

/// What was ordered of one product.
final class OrderItem {
  const OrderItem({
    required this.productId,
    required this.quantity,
    required this.price,
    this.name,
  });

  final String productId;
  final int quantity;

  /// What one cost at the time of the order, in paise.
  final int price;

  /// Its name at that time; null in the list of orders, which has none.
  final String? name;

  /// In paise.
  int get sum => price * quantity;
}

/// A step that an order took.
final class OrderStep {
  const OrderStep({required this.status, required this.at});

  final OrderStatus status;

  /// In UTC.
  final DateTime at;
}

/// An order with where it is.
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

  /// When it reached a step; null where it hasn't.
  DateTime? reachedAt(OrderStatus step) {
    for (final entry in history) {
      if (entry.status == step) return entry.at;
    }
    return null;
  }

  /// The order one step on.
  Order moved(OrderStep step) => Order(
    orderId: orderId,
    items: items,
    total: total,
    createdAt: createdAt,
    status: step.status,
    history: List.unmodifiable([...history.where((entry) => entry.status != step.status), step]),
  );
}

/// An order as the list of orders has it: without names, and without where it is.
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
