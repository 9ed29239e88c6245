import 'dart:async';

import 'package:quick_commerce_app/data/repositories/cart_repository.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/domain/models/cart.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/domain/models/sellable.dart';
import 'package:quick_commerce_app/utils/result.dart';

import 'samples.dart';

/// A cart that accepts every change at once.
class FakeCartRepository extends CartRepository {
  FakeCartRepository({List<CartLine> lines = const []}) : _cart = Cart(lines: lines, loaded: true);

  Cart _cart;
  int _readings = 0;
  final StreamController<CartRefusal> _refusals = StreamController.broadcast();

  /// The result of [refresh].
  Result<void> refreshResult = const Ok(null);

  /// The result of [addAgain].
  Result<List<OrderItem>> addAgainResult = const Ok([]);

  /// Called by [refresh], for a test that changes the cart then.
  void Function()? onRefresh;

  /// Called before pending changes are sent, for a test in which one is refused then.
  void Function()? onFlush;

  /// The guest's wish, if there is one.
  Sellable? wish;

  /// The calls so far.
  final List<String> calls = [];

  @override
  Cart get cart => _cart;

  /// Sets another cart. Only [refresh] counts as a reading.
  set cart(Cart cart) {
    _cart = Cart(
      lines: cart.lines,
      loaded: cart.loaded,
      error: cart.error,
      pending: cart.pending,
      readings: _readings,
    );
    notifyListeners();
  }

  @override
  Stream<CartRefusal> get refusals => _refusals.stream;

  @override
  int quantityOf(String productId) {
    for (final line in _cart.lines) {
      if (line.productId == productId) return line.quantity;
    }
    return 0;
  }

  @override
  void setQuantity(Sellable product, int quantity) {
    calls.add('set ${product.productId} $quantity');
    final known = _cart.lines.any((line) => line.productId == product.productId);
    final lines = [
      for (final line in _cart.lines)
        line.productId == product.productId ? line.withQuantity(quantity) : line,
      if (!known) sampleLine(product, quantity),
    ];
    cart = Cart(lines: lines.where((line) => line.quantity > 0).toList(), loaded: true);
  }

  @override
  void wishFor(Sellable product) {
    calls.add('wish ${product.productId}');
    wish = product;
  }

  @override
  Future<void> flush() async {
    calls.add('flush');
    onFlush?.call();
  }

  @override
  Future<Result<void>> refresh() async {
    calls.add('refresh');
    onRefresh?.call();
    final error = refreshResult.errorOrNull;
    if (error == null) _readings++;
    cart = Cart(lines: _cart.lines, loaded: _cart.loaded, error: error, pending: _cart.pending);
    return refreshResult;
  }

  @override
  Future<Result<List<OrderItem>>> addAgain(List<OrderItem> items) async {
    calls.add('again ${items.length}');
    return addAgainResult;
  }

  /// Reports a change that the shop refused.
  void refuse(Sellable product, ApiError error) =>
      _refusals.add(CartRefusal(product: product, error: error));

  @override
  void dispose() {
    unawaited(_refusals.close());
    super.dispose();
  }
}
