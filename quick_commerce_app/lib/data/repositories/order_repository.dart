import '../../domain/models/api_error.dart';
import '../../domain/models/cart.dart';
import '../../domain/models/order.dart';
import '../../domain/models/paged.dart';
import '../../utils/result.dart';

/// How many orders a page of the history has.
const int ordersPageSize = 10;

/// Placing orders, and those that were placed.
///
/// An attempt to order has one idempotency key. The device keeps it over retries and restarts, until
/// the order is kept there or the shop refuses it: one cart becomes one order, whatever answer is
/// lost. An answer that arrives when its user is no longer logged in is [Unauthorised] and leaves
/// the attempt open, so that the user's next [recover] finds the order.
abstract interface class OrderRepository {
  /// Orders [cart] at its total: the cart as the buyer sees it, after its `flush`. [onPause] is
  /// told when the shop asks to wait a moment, before the same call is made again.
  ///
  /// [Refused] with `out_of_stock` and the products, with `total_changed` and the total, or with
  /// `cart_is_empty`: nothing was ordered. An error that is [ApiError.unsure]: it may have been;
  /// the same cart again is the same order.
  Future<Result<PlacedOrder>> place(Cart cart, {void Function(ApiError error)? onPause});

  /// Asks with the key of the open attempt which order its cart became. Call it only while the cart
  /// is empty. Null where there is no attempt or the shop refuses it: nothing was ordered. [Failed]
  /// where that is still not known.
  Future<Result<PlacedOrder?>> recover();

  /// Ends the open attempt where none of its lines is in [cart] any more: it may have become an
  /// order that the buyer has not seen. Returns its total in paise; null where there is no such
  /// attempt.
  Future<int?> endLostAttempt(Cart cart);

  /// An order. [Refused] with the status 404 where there is none, or it is another's.
  Future<Result<Order>> order(String orderId);

  /// One's orders, newest first; [after] is the cursor of the page before.
  Future<Result<Paged<OrderSummary>>> orders({String? after});

  /// Cancels an order. [Refused] with `order_can_no_longer_be_cancelled` once it is packed.
  Future<Result<void>> cancel(String orderId);

  /// The order that is under way on this device, for the home screen: the last one placed, or null
  /// once it has ended.
  Future<Order?> active();
}
