import '../../domain/models/cart.dart';
import '../../domain/models/order.dart';
import '../../domain/models/paged.dart';
import '../../utils/result.dart';
import '../services/api_error.dart';

/// How many orders a page of the history has.
const int ordersPageSize = 10;

/// Placing orders, and those that were placed.
///
/// An attempt to order has one idempotency key, kept on the device until the shop has answered:
/// over retries and restarts, so that one cart becomes one order whatever gets lost on the way.
abstract interface class OrderRepository {
  /// Orders [cart] at its total: the cart as the buyer sees it, after its `flush`. [onPause] is
  /// told when the shop asks to wait a moment, before the same call is made again.
  ///
  /// [Refused] with `out_of_stock` and the products, with `total_changed` and the total, or with
  /// `cart_is_empty`: nothing was ordered. An error that is [ApiError.unsure]: it may have been;
  /// the same cart again is the same order.
  Future<Result<PlacedOrder>> place(Cart cart, {void Function(ApiError error)? onPause});

  /// Where an answer was lost and the cart is empty now, asks with the old key for the order it
  /// became; null where there is none.
  Future<PlacedOrder?> recover();

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
