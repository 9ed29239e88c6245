import 'api_error.dart';
import 'sellable.dart';

/// A line of the cart, with its product as it is now.
final class CartLine implements Sellable {
  const CartLine({
    required this.lineId,
    required this.productId,
    required this.quantity,
    required this.name,
    required this.price,
    required this.imageUrl,
    required this.unit,
    required this.available,
    required this.stock,
  });

  /// A line for a requested product that isn't in the shop's cart yet.
  CartLine.wanted(Sellable product, this.quantity)
    : lineId = null,
      productId = product.productId,
      name = product.name,
      price = product.price,
      imageUrl = product.imageUrl,
      unit = product.unit,
      available = product.available,
      stock = product.stock;

  /// The line's id at the shop; null until the shop has it.
  final String? lineId;
  @override
  final String productId;
  final int quantity;
  @override
  final String name;
  @override
  final int price;
  @override
  final String imageUrl;
  @override
  final String unit;
  @override
  final bool available;
  @override
  final int stock;

  /// Whether it is not available any more.
  bool get isGone => ceiling == 0;

  /// Whether it can't be ordered: unavailable, or more than the stock.
  bool get isShort => quantity > ceiling;

  /// The price of the line, in paise.
  int get sum => price * quantity;

  CartLine withQuantity(int quantity) => CartLine(
    lineId: lineId,
    productId: productId,
    quantity: quantity,
    name: name,
    price: price,
    imageUrl: imageUrl,
    unit: unit,
    available: available,
    stock: stock,
  );
}

/// The displayed cart: the shop's last answer with the changes requested since.
final class Cart {
  const Cart({
    required this.lines,
    required this.loaded,
    this.error,
    this.pending = false,
    this.readings = 0,
  });

  /// The cart before it has been read, and for guests.
  static const Cart empty = Cart(lines: [], loaded: false);

  final List<CartLine> lines;

  /// Whether it has been read since the login.
  final bool loaded;

  /// The error of the last reading, or null.
  final ApiError? error;

  /// Whether a requested change has no answer yet.
  final bool pending;

  /// The number of readings of the cart since the app started.
  final int readings;

  /// Whether it was read, and has no lines at the shop either.
  bool get isEmptyAtShop => loaded && error == null && !pending && lines.isEmpty;

  /// Whether the shop's id of a line is not known.
  bool get hasUnknownLines => lines.any((line) => line.lineId == null);

  Iterable<CartLine> get _counted => lines.where((line) => !line.isGone);

  /// The number of units in available lines.
  int get count => _counted.fold(0, (sum, line) => sum + line.quantity);

  /// Their price, in paise.
  int get total => _counted.fold(0, (sum, line) => sum + line.sum);

  /// Whether a line prevents an order.
  bool get isBlocked => lines.any((line) => line.isShort);
}

/// A change of the cart that the shop refused and that was reverted.
final class CartRefusal {
  const CartRefusal({required this.product, required this.error});

  final Sellable product;
  final ApiError error;
}
