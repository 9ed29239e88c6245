import 'dart:async';

import '../../data/repositories/auth_repository.dart';
import '../../data/repositories/cart_repository.dart';
import '../../data/repositories/catalogue_repository.dart';
import '../../data/repositories/order_repository.dart';
import '../../domain/models/api_error.dart';
import '../../domain/models/cart.dart';
import '../../domain/models/order.dart';
import '../../domain/models/sellable.dart';
import '../../utils/command.dart';
import '../../utils/money.dart';
import '../../utils/result.dart';
import '../core/texts.dart';
import '../core/view_model.dart';
import '../core/words.dart';

/// The cart, its bill, and the order that it becomes.
class CartViewModel extends ViewModel {
  CartViewModel({
    required CartRepository cart,
    required OrderRepository orders,
    required CatalogueRepository catalogue,
    required AuthRepository auth,
  }) : _cart = cart,
       _orders = orders,
       _catalogue = catalogue,
       _auth = auth,
       _lastRecovery = cart.cart.readings {
    placeOrder = Command0<void>(_place)..addListener(_onChange);
    _cart.addListener(_onChange);
  }

  /// The maximum age of stocks in the shop's cart, with a margin.
  static const Duration snapshot = Duration(milliseconds: 1500);

  final CartRepository _cart;
  final OrderRepository _orders;
  final CatalogueRepository _catalogue;
  final AuthRepository _auth;

  /// Places the order; all tries of an attempt have the same key.
  late final Command0<void> placeOrder;

  String? _notice;
  String _requestId = '';
  String? _busy;
  bool _again = false;
  Set<String> _soldOut = const {};
  Map<String, int> _oldPrices = const {};
  PlacedOrder? _placed;
  Timer? _later;
  Future<void>? _recovering;

  /// The number of the reading after which the last recovery of an order was made.
  int _lastRecovery;
  ApiError? _recoveryError;

  Cart get cart => _cart.cart;

  /// The message of a refused order.
  String? get notice => _notice;

  /// The request id, if it is unknown whether the order was placed.
  String get requestId => _requestId;

  /// The order, once it is placed.
  PlacedOrder? get placed => _placed;

  /// Why it is unknown whether the cart is empty: it could not be read, or it may be ordered.
  ApiError? get error => _recoveryError ?? (cart.loaded ? null : cart.error);

  bool get canPlace =>
      !placeOrder.running && _recovering == null && !cart.isBlocked && cart.count > 0;

  /// The label of the button.
  String get placeLabel => placeOrder.running
      ? _busy ?? Texts.placing
      : Texts.forTotal(_again ? Texts.tryAgain : Texts.placeOrder, money(cart.total));

  /// The reason why a line can't be ordered, or empty.
  String troubleOf(CartLine line) {
    if (!line.available) return Texts.goneForGood;
    if (line.stock == 0) return Texts.outOfStock;
    if (line.isShort) return Texts.onlyLeft(line.stock);
    return _soldOut.contains(line.productId) ? Texts.notEnoughLeft : '';
  }

  /// The previous price of a line's product in paise, if it has changed.
  int? oldPriceOf(CartLine line) {
    final before = _oldPrices[line.productId];
    return before == line.price ? null : before;
  }

  /// Reduces a line to the stock.
  void takeWhatThereIs(CartLine line) => _cart.setQuantity(line, line.ceiling);

  /// Reads the cart, and returns when the recovery that follows an empty one has ended, too.
  Future<void> look() async {
    await _cart.refresh();
    if (!placeOrder.running) await _recover();
  }

  void _onChange() {
    notifyListeners();
    if (!placeOrder.running) unawaited(_recover());
  }

  // Whether the cart was read since the last recovery, and may be ordered.
  bool get _mayRecover =>
      !isDisposed &&
      _placed == null &&
      _auth.isLoggedIn &&
      cart.isEmptyAtShop &&
      cart.readings != _lastRecovery;

  // One recovery at a time, and one for each reading.
  Future<void> _recover() async {
    if (_recovering == null && _mayRecover) {
      _lastRecovery = cart.readings;
      _recovering = _askForOrder();
    }
    await _recovering;
  }

  Future<void> _askForOrder() async {
    final result = await _orders.recover();
    _recovering = null;
    _recoveryError = result.errorOrNull;
    final order = result.valueOrNull;
    if (order != null) _arrived(order);
    _onChange();
  }

  Future<Result<void>> _place() async {
    _notice = null;
    _requestId = '';
    _again = false;
    _soldOut = const {};
    _oldPrices = const {};
    _busy = Texts.placing;
    notifyListeners();
    final shown = cart.total;
    final user = _auth.session?.userId;
    await _cart.flush();
    final read = await _readUnknownLines();
    if (read case Failed(:final error)) {
      _notice = sentence(error);
      return read;
    }
    final before = cart;
    // The cart of another login was not on the screen when the button was pressed.
    if (_auth.session?.userId != user) return const Ok(null);
    if (before.isBlocked || before.count == 0) return const Ok(null);
    _notice = await _noticeBefore(before, shown);
    if (_notice != null) return const Ok(null);
    final result = await _orders.place(before, onPause: _paused);
    switch (result) {
      case Ok(:final value):
        _arrived(value);
      case Failed(:final error):
        await _explain(error, before);
    }
    return result;
  }

  // An attempt is identified by its lines' ids: without them, the same cart would be a second
  // order.
  Future<Result<void>> _readUnknownLines() async =>
      cart.hasUnknownLines ? _cart.refresh() : const Ok(null);

  // The reason why the cart is not ordered at this press, or null.
  Future<String?> _noticeBefore(Cart before, int shown) async {
    // A change that was just sent may have been refused: only the total on the button is ordered.
    if (before.total != shown || before.hasUnknownLines) {
      return Texts.cartChanged(money(before.total));
    }
    final lost = await _orders.endLostAttempt(before);
    return lost == null ? null : Texts.maybePlaced(money(lost));
  }

  void _paused(ApiError error) {
    _busy = switch (error) {
      TooMany(:final retryAfter) => Texts.manyOrders(retryAfter.inSeconds),
      _ => Texts.almostThere,
    };
    notifyListeners();
  }

  // The cart is read again before a refusal is shown, so that it is current.
  Future<void> _explain(ApiError error, Cart before) async {
    if (error is Unauthorised || isDisposed) return;
    _again = error.unsure;
    _requestId = error.unsure ? error.requestId : '';
    _notice = error.unsure ? '${sentence(error)} ${Texts.neverTwice}' : sentence(error);
    switch (error) {
      case Refused(code: 'out_of_stock', :final productIds):
        _soldOut = productIds.toSet();
        _notice = Texts.soldOutNotice;
        _later?.cancel();
        _later = Timer(snapshot, () => unawaited(_cart.refresh()));
      case Refused(code: 'total_changed', :final total?):
        _oldPrices = {for (final line in before.lines) line.productId: line.price};
        _notice = Texts.totalNotice(money(total));
      case Invalid():
        _notice = Texts.orderNotUnderstood;
        _requestId = error.requestId;
      default:
        break;
    }
    _catalogue.forget();
    await _cart.refresh();
    await _recover();
  }

  void _arrived(PlacedOrder order) {
    _placed = order;
    _catalogue.forget();
    unawaited(_cart.refresh());
    notifyListeners();
  }

  @override
  void dispose() {
    _later?.cancel();
    _cart.removeListener(_onChange);
    placeOrder.dispose();
    super.dispose();
  }
}
