import 'dart:math';

/// The most of one product that the shop takes in a cart.
const int maxQuantity = 99;

/// From here down a product's stock is worth a word.
const int lowStock = 5;

/// What can be put into a cart: a product of the catalogue, or a line of the cart.
abstract interface class Sellable {
  String get productId;
  String get name;

  /// What one costs, in paise.
  int get price;

  /// A path at the shop's address, or a whole address.
  String get imageUrl;

  /// How much one is, like "1 L"; may be empty.
  String get unit;
  bool get available;

  /// How many there are to sell.
  int get stock;
}

extension Ceiling on Sellable {
  /// How many there can be in a cart; 0 where it can't be had.
  int get ceiling => available ? min(stock, maxQuantity) : 0;
}
