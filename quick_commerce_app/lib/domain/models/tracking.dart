import 'order.dart';

/// What is known of the way to an order's news; [replaced]: newer streams of this account took its
/// place, and the order is asked for now and then.
enum Connection { connecting, live, reconnecting, replaced, ended }

/// An order as it moves.
final class Tracking {
  const Tracking({required this.order, required this.connection});

  final Order order;
  final Connection connection;
}

/// Where an order is, as the status call and each event of its stream tell it.
final class StatusNews {
  const StatusNews({required this.orderId, required this.status, required this.at});

  final String orderId;
  final OrderStatus status;

  /// In UTC.
  final DateTime at;
}
