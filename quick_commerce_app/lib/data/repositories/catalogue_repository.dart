/// @docImport '../../domain/models/api_error.dart';
library;

import '../../domain/models/paged.dart';
import '../../domain/models/product.dart';
import '../../utils/result.dart';

/// How many products a page of the catalogue, and a shelf of the home screen, has.
const int pageSize = 24;
const int shelfSize = 10;

/// What the shop sells. Lists are kept for half a minute, so that going back is instant.
abstract interface class CatalogueRepository {
  /// The categories, in the shop's order. [fresh] passes by what is kept.
  Future<Result<List<String>>> categories({bool fresh = false});

  /// Products in the shop's order: those with [query]'s words, those of a [category], or all.
  /// [after] is the cursor of the page before. [fresh] passes by what is kept.
  Future<Result<Paged<Product>>> products({
    String? query,
    String? category,
    String? after,
    int limit = pageSize,
    bool fresh = false,
  });

  /// A product as it is now. [Refused] with `product_not_found` where there is none.
  Future<Result<Product>> product(String productId);

  /// A product as it was when last seen; null where it wasn't.
  Product? peek(String productId);

  /// Forgets the lists: after an order, stocks and prices are others. In another shop, of which
  /// [all] is forgotten, so are the products.
  void forget({bool all = false});
}
