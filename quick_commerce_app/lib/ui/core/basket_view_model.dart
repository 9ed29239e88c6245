import '../../data/repositories/auth_repository.dart';
import '../../data/repositories/cart_repository.dart';
import '../../domain/models/sellable.dart';
import 'view_model.dart';

/// The result of a press on a stepper.
enum StepOutcome {
  changed,

  /// The last unit was removed: Undo is offered.
  removed,

  /// A guest's wish is kept until after the login.
  needsLogin,

  /// The stock or the maximum of a cart line is reached.
  tooMany,
}

/// The cart for all screens: quantities, and the total of the bar. One for the whole app.
class BasketViewModel extends ViewModel {
  BasketViewModel({required CartRepository cart, required AuthRepository auth})
    : _cart = cart,
      _auth = auth {
    _cart.addListener(notifyListeners);
  }

  final CartRepository _cart;
  final AuthRepository _auth;

  int get count => _cart.cart.count;

  /// In paise.
  int get total => _cart.cart.total;

  int quantityOf(String productId) => _cart.quantityOf(productId);

  /// Changes the quantity of a product by one.
  StepOutcome step(Sellable product, int by) {
    if (!_auth.isLoggedIn) {
      _cart.wishFor(product);
      return StepOutcome.needsLogin;
    }
    final quantity = quantityOf(product.productId) + by;
    if (by > 0 && quantity > product.ceiling) return StepOutcome.tooMany;
    setQuantity(product, quantity);
    return quantity > 0 ? StepOutcome.changed : StepOutcome.removed;
  }

  void setQuantity(Sellable product, int quantity) {
    if (_auth.isLoggedIn) _cart.setQuantity(product, quantity < 0 ? 0 : quantity);
  }

  @override
  void dispose() {
    _cart.removeListener(notifyListeners);
    super.dispose();
  }
}
