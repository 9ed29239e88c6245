import 'dart:math';

/// The maximum quantity of a cart line.
const int maxQuantity = 99;

/// Stocks up to this number are shown.
const int lowStock = 5;

/// A product that can be put into a cart: of the catalogue, or of a line of the cart.
abstract interface class Sellable {
  String get productId;
  String get name;

  /// The price of one unit, in paise.
  int get price;

  /// A path at the shop's address, or a whole address.
  String get imageUrl;

  /// The size of one unit, like "1 L"; may be empty.
  String get unit;
  bool get available;

  /// The stock.
  int get stock;
}

extension Ceiling on Sellable {
  /// The maximum quantity in a cart; 0 if it is not available.
  int get ceiling => available ? min(stock, maxQuantity) : 0;
}
