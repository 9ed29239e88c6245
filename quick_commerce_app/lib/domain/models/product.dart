import '../../utils/json.dart';
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

  factory Product.fromJson(Json json) => Product(
    productId: readString(json, '_id'),
    name: readString(json, 'name'),
    description: readString(json, 'description'),
    price: readPaise(json, 'price'),
    category: readString(json, 'category'),
    unit: readString(json, 'unit'),
    imageUrl: readString(json, 'image_url'),
    available: readBool(json, 'available'),
    // Without a stock, as the published catalogue is, there is as much as a cart takes.
    stock: readIntOrNull(json, 'stock') ?? maxQuantity,
  );

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
