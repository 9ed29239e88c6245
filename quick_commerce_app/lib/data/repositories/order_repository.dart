import '../../domain/models/api_error.dart';
import '../../domain/models/cart.dart';
import '../../domain/models/order.dart';
import '../../domain/models/paged.dart';
import '../../utils/result.dart';

/// The number of orders of a page of the history.
const int ordersPageSize = 10;

/// Placing, reading and cancelling orders.
///
/// An attempt to order has one idempotency key. The device keeps it over retries and restarts,
/// until it has stored the order or the shop refuses it: one cart becomes one order, even if
/// answers are lost. An answer that arrives when its user is no longer logged in is [Unauthorised]
/// and leaves the attempt open, so that the user's next [recover] finds the order.
abstract interface class OrderRepository {
  /// Orders [cart] at its total: the cart as the buyer sees it, after its `flush`. [onPause] is
  /// called before a wait that the shop requests, after which the same call is repeated.
  ///
  /// [Refused] with `out_of_stock` and the products, with `total_changed` and the total, or with
  /// `cart_is_empty`: nothing was ordered. An error that is [ApiError.unsure]: it may have been;
  /// the same cart again is the same order.
  Future<Result<PlacedOrder>> place(Cart cart, {void Function(ApiError error)? onPause});

  /// Finds the order of the open attempt with its key. Call it only while the cart is empty. Null
  /// if there is no attempt or the shop refuses it: nothing was ordered. [Failed] if the outcome is
  /// still unknown.
  Future<Result<PlacedOrder?>> recover();

  /// Ends the open attempt if none of its lines is in [cart] any more: it may have become an order
  /// that was not shown. Returns its total in paise, or null without such an attempt.
  Future<int?> endLostAttempt(Cart cart);

  /// An order. [Refused] with the status 404 if it does not exist or belongs to another user.
  Future<Result<Order>> order(String orderId);

  /// The orders of the user, newest first; [after] is the cursor of the previous page.
  Future<Result<Paged<OrderSummary>>> orders({String? after});

  /// Cancels an order. [Refused] with `order_can_no_longer_be_cancelled` once it is packed.
  Future<Result<void>> cancel(String orderId);

  /// The active order of this device, for the home screen: the last one placed, or null after its
  /// end.
  Future<Order?> active();
}
