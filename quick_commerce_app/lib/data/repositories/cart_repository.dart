import 'package:flutter/foundation.dart';

import '../../domain/models/cart.dart';
import '../../domain/models/order.dart';
import '../../domain/models/sellable.dart';
import '../../utils/result.dart';

/// The cart of the logged-in user; notifies its listeners of every change.
///
/// A requested change is shown at once, sent after a short pause, and reverted if the shop refuses
/// it. The cart is read at the login and cleared at the end of the session. Changes that were not
/// sent when a session expired are requested again after the next login of the same user.
abstract class CartRepository extends ChangeNotifier {
  /// The displayed cart.
  Cart get cart;

  /// The displayed quantity of a product.
  int quantityOf(String productId);

  /// Requests a quantity of a product, shown at once; 0 removes it. Limited to the maximum of a
  /// cart line, not to the stock: see [Ceiling]. For a guest it is a wish, as with [wishFor].
  void setQuantity(Sellable product, int quantity);

  /// Keeps a guest's wish for one of a product until after the login.
  void wishFor(Sellable product);

  /// The stream of reverted changes.
  Stream<CartRefusal> get refusals;

  /// Sends pending changes now; returns when none is left.
  Future<void> flush();

  /// Reads the cart again. The error is in [cart], too.
  Future<Result<void>> refresh();

  /// Adds the products of an order to the cart. Returns the unavailable ones; [Failed] if the
  /// outcome of some is unknown, which then may be in the cart or not.
  Future<Result<List<OrderItem>>> addAgain(List<OrderItem> items);
}
