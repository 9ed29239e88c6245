import 'sellable.dart';

/// A product of the catalogue.
final class Product implements Sellable {
  const Product({
    required this.productId,
    required this.name,
    required this.description,
    required this.price,
    required this.category,
    required this.unit,
    required this.imageUrl,
    required this.available,
    required this.stock,
  });

  @override
  final String productId;
  @override
  final String name;
  final String description;
  @override
  final int price;
  final String category;
  @override
  final String unit;
  @override
  final String imageUrl;
  @override
  final bool available;
  @override
  final int stock;
}
