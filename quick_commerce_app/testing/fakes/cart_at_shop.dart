import 'package:http/http.dart' as http;
import 'package:quick_commerce_app/domain/models/product.dart';

import 'fake_shop.dart';

/// The shop's side of a cart: quantities add up, and a key adds once, as in the services.
class CartAtShop {
  CartAtShop(this._shop, this._products) {
    _shop
      ..always('GET /cart/{user_id}', (call) => jsonAnswer(_lines())(call))
      ..always('POST /cart/add', _add)
      ..always('PUT /cart/decrease/{cart_id}', (call) => _change(call, -1))
      ..always('DELETE /cart/remove/{cart_id}', (call) => _change(call, -99));
  }

  final FakeShop _shop;
  final List<Product> _products;

  /// Quantities by product id.
  final Map<String, int> quantities = {};

  /// The idempotency keys of the additions that were done.
  final Set<String> _done = {};

  List<Object?> _lines() => [
    for (final product in _products)
      if (quantities.containsKey(product.productId))
        {
          '_id': 'line-${product.productId}',
          'product_id': product.productId,
          'quantity': quantities[product.productId],
          'name': product.name,
          'price': product.price / 100,
          'image_url': product.imageUrl,
          'unit': product.unit,
          'available': product.available,
          'stock': product.stock,
        },
  ];

  /// The answer to a successful addition.
  ShopAnswer get add => _add;

  Future<http.StreamedResponse> _add(ShopCall call) async {
    final body = call.body;
    final key = call.headers['Idempotency-Key'];
    if (key != null && !_done.add(key)) return jsonAnswer({'message': 'Item added to cart'})(call);
    if (body case {'product_id': final String id, 'quantity': final int quantity}) {
      quantities[id] = (quantities[id] ?? 0) + quantity;
    }
    return jsonAnswer({'message': 'Item added to cart'})(call);
  }

  Future<http.StreamedResponse> _change(ShopCall call, int by) async {
    final id = call.url.pathSegments.last.substring('line-'.length);
    final left = (quantities[id] ?? 0) + by;
    if (left > 0) {
      quantities[id] = left;
    } else {
      quantities.remove(id);
    }
    return jsonAnswer({'message': 'Quantity decreased'})(call);
  }
}
