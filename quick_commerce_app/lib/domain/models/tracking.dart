import 'order.dart';

/// The connection that tracks an order; [replaced]: newer streams of this account have displaced
/// it, and the order is polled.
enum Connection { connecting, live, reconnecting, replaced, ended }

/// A tracked order.
final class Tracking {
  const Tracking({required this.order, required this.connection});

  final Order order;
  final Connection connection;
}

/// The status of an order in the status call and in each event of its stream.
final class StatusNews {
  const StatusNews({required this.orderId, required this.status, required this.at});

  final String orderId;
  final OrderStatus status;

  /// In UTC.
  final DateTime at;
}
