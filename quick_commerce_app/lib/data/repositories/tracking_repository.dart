import '../../domain/models/order.dart';
import '../../domain/models/tracking.dart';

/// Orders as they move.
abstract interface class TrackingRepository {
  /// Follows an order from its state [order] on: each change as it happens, by the order's event
  /// stream, or by asking again and again while that is away. Rests while the app is in the
  /// background. Ends after the order's last state, and where the session does. Has no errors: what
  /// is wrong with the connection is in [Tracking.connection]. For one listener; who cancels it
  /// closes the connection.
  Stream<Tracking> follow(Order order);
}
