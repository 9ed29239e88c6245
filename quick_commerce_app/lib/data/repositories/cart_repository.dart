import 'package:flutter/foundation.dart';

import '../../domain/models/cart.dart';
import '../../domain/models/order.dart';
import '../../domain/models/sellable.dart';
import '../../utils/result.dart';

/// The cart of whoever is logged in; tells its listeners of every change.
///
/// What is asked for shows at once, is sent after a short pause, and is taken back where the shop
/// refuses. It follows the session by itself: read at the login, forgotten at its end. What wasn't
/// sent yet when a session expired is asked for again after the next login of the same user.
abstract class CartRepository extends ChangeNotifier {
  /// The cart as it shows.
  Cart get cart;

  /// How many of a product are in the cart, as it shows.
  int quantityOf(String productId);

  /// Asks for a quantity of a product, shown at once; 0 takes it out. Limited to what a cart takes,
  /// not to the stock: see [Ceiling]. A guest's is a wish, as with [wishFor].
  void setQuantity(Sellable product, int quantity);

  /// Keeps a guest's wish for one of a product until after the login.
  void wishFor(Sellable product);

  /// What was taken back, as it happens.
  Stream<CartRefusal> get refusals;

  /// Sends what is asked for now; returns when nothing is left to send.
  Future<void> flush();

  /// Reads the cart anew. The error is in [cart], too.
  Future<Result<void>> refresh();

  /// Puts an order's things into the cart again. Returns those that can't be had now; [Failed]
  /// where it isn't known of all, which then may be in the cart or not.
  Future<Result<List<OrderItem>>> addAgain(List<OrderItem> items);
}
