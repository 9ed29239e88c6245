import '../../domain/models/order.dart';
import '../../domain/models/tracking.dart';

/// Tracking of orders.
abstract interface class TrackingRepository {
  /// Follows an order from its state [order] on: each change as it happens, by the order's event
  /// stream, or by polling while the stream is unavailable. Pauses while the app is in the
  /// background. Ends after the order's last state, and with the session. It has no errors: the
  /// state of the connection is in [Tracking.connection]. For one listener; cancelling it closes
  /// the connection.
  Stream<Tracking> follow(Order order);
}
