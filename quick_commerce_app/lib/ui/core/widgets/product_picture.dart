import 'package:flutter/material.dart';
import 'package:provider/provider.dart';

import '../../../data/repositories/address_repository.dart';
import '../tokens.dart';

/// A decorative picture beside a name. A basket replaces it if it can't be loaded.
class ProductPicture extends StatelessWidget {
  const ProductPicture(this.imageUrl, {super.key, required this.size, this.grey = false});

  /// A path at the shop's address, or a whole address; may be empty.
  final String imageUrl;
  final double size;

  /// For unavailable products.
  final bool grey;

  static const ColorFilter _grey = ColorFilter.matrix(<double>[
    0.2126, 0.7152, 0.0722, 0, 0, //
    0.2126, 0.7152, 0.0722, 0, 0, //
    0.2126, 0.7152, 0.0722, 0, 0, //
    0, 0, 0, 0.5, 0, //
  ]);

  @override
  Widget build(BuildContext context) {
    final picture = _picture(context);
    return ExcludeSemantics(
      child: SizedBox.square(
        dimension: size,
        child: grey ? ColorFiltered(colorFilter: _grey, child: picture) : picture,
      ),
    );
  }

  Widget _picture(BuildContext context) {
    final stand = Icon(Icons.shopping_basket_outlined, size: size / 2, color: context.colors.muted);
    if (imageUrl.isEmpty) return Center(child: stand);
    final address = context.watch<ApiAddress>().resolve(imageUrl).toString();
    return Image.network(
      address,
      fit: BoxFit.contain,
      excludeFromSemantics: true,
      errorBuilder: (context, error, stackTrace) => Center(child: stand),
    );
  }
}

/// Pictures for categories; others show a leaf.
abstract final class CategoryPictures {
  static const Map<String, String> _codes = {
    'Fruits': '1f34e',
    'Vegetables': '1f345',
    'Dairy': '1f95b',
    'Bakery': '1f35e',
    'Meat & Eggs': '1f95a',
    'Staples': '1f33e',
    'Masala & Oil': '1f336-fe0f',
    'Breakfast & Instant': '1f36f',
    'Snacks & Sweets': '1f36b',
    'Beverages': '1f9c3',
    'Ice Cream & Frozen': '1f366',
    'Personal Care': '1f9f4',
    'Household': '1f9fb',
  };

  static String of(String category) {
    final code = _codes[category];
    return code == null ? '' : path(code);
  }

  static String path(String code) => '/pictures/$code.webp';
}
