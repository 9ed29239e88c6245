/// @docImport '../../domain/models/api_error.dart';
library;

import '../../domain/models/paged.dart';
import '../../domain/models/product.dart';
import '../../utils/result.dart';

/// The number of products of a page of the catalogue, and of a list on the home screen.
const int pageSize = 24;
const int shelfSize = 10;

/// The catalogue. Lists are cached for half a minute, so that going back is instant.
abstract interface class CatalogueRepository {
  /// The categories, in the shop's order. [fresh] bypasses the cache.
  Future<Result<List<String>>> categories({bool fresh = false});

  /// Products in the shop's order: those with [query]'s words, those of a [category], or all.
  /// [after] is the cursor of the page before. [fresh] bypasses the cache.
  Future<Result<Paged<Product>>> products({
    String? query,
    String? category,
    String? after,
    int limit = pageSize,
    bool fresh = false,
  });

  /// A product as it is now. [Refused] with `product_not_found` if it does not exist.
  Future<Result<Product>> product(String productId);

  /// A product as it was last read, or null.
  Product? peek(String productId);

  /// Clears the cached lists, as an order changes stocks. For another shop, [all] also clears the
  /// products.
  void forget({bool all = false});
}
