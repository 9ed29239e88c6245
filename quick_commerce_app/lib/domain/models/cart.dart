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

  /// A line for what has been asked for and isn't in the shop's cart yet.
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

  /// Whether it can't be had at all any more.
  bool get isGone => ceiling == 0;

  /// Whether it can't be ordered as it stands: gone, or more than there is.
  bool get isShort => quantity > ceiling;

  /// What the line costs, in paise.
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

/// The cart as it shows: what the shop told last, and on top of it what has been asked for since.
final class Cart {
  const Cart({
    required this.lines,
    required this.loaded,
    this.error,
    this.pending = false,
    this.readings = 0,
  });

  /// Before it has been read, and for guests.
  static const Cart empty = Cart(lines: [], loaded: false);

  final List<CartLine> lines;

  /// Whether it has been read since the login.
  final bool loaded;

  /// Why the last reading failed; null where it did not.
  final ApiError? error;

  /// Whether something was asked for that the shop hasn't answered yet.
  final bool pending;

  /// How often the cart has been read, counted since the app started.
  final int readings;

  /// Whether it was read, and has no lines at the shop either.
  bool get isEmptyAtShop => loaded && error == null && !pending && lines.isEmpty;

  /// Whether the shop's id of a line is not known.
  bool get hasUnknownLines => lines.any((line) => line.lineId == null);

  Iterable<CartLine> get _counted => lines.where((line) => !line.isGone);

  /// How many things there are, of the lines that can be had.
  int get count => _counted.fold(0, (sum, line) => sum + line.quantity);

  /// What they cost, in paise.
  int get total => _counted.fold(0, (sum, line) => sum + line.sum);

  /// Whether a line stands in the way of an order.
  bool get isBlocked => lines.any((line) => line.isShort);
}

/// A change of the cart that the shop refused, and that was taken back.
final class CartRefusal {
  const CartRefusal({required this.product, required this.error});

  final Sellable product;
  final ApiError error;
}
