import 'package:quick_commerce_app/data/repositories/catalogue_repository.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/domain/models/paged.dart';
import 'package:quick_commerce_app/domain/models/product.dart';
import 'package:quick_commerce_app/utils/result.dart';

import 'samples.dart';

/// A catalogue of what is [stocked].
class FakeCatalogueRepository implements CatalogueRepository {
  FakeCatalogueRepository({List<Product>? stocked}) : stocked = stocked ?? sampleProducts;

  /// The products; may be changed between calls.
  List<Product> stocked;

  /// If set, every call fails with it.
  ApiError? error;

  /// The calls so far.
  final List<String> calls = [];

  @override
  Future<Result<List<String>>> categories({bool fresh = false}) async {
    calls.add('categories');
    return _answer(() => {for (final product in stocked) product.category}.toList());
  }

  @override
  Future<Result<Paged<Product>>> products({
    String? query,
    String? category,
    String? after,
    int limit = pageSize,
    bool fresh = false,
  }) async {
    calls.add('products ${query ?? ''}/${category ?? ''}/${after ?? ''}');
    return _answer(() => _page(query: query, category: category, after: after, limit: limit));
  }

  Paged<Product> _page({String? query, String? category, String? after, required int limit}) {
    final words = (query ?? '').toLowerCase();
    final found = stocked
        .where((product) => category == null || product.category == category)
        .where((product) => product.name.toLowerCase().contains(words))
        .toList();
    final from = after == null ? 0 : int.parse(after);
    final next = from + limit;
    return Paged(
      items: found.skip(from).take(limit).toList(),
      after: next < found.length ? '$next' : null,
    );
  }

  @override
  Future<Result<Product>> product(String productId) async {
    calls.add('product $productId');
    final found = peek(productId);
    if (error == null && found == null) return const Failed(sampleProductNotFound);
    return _answer(() => found!);
  }

  @override
  Product? peek(String productId) {
    for (final product in stocked) {
      if (product.productId == productId) return product;
    }
    return null;
  }

  @override
  void forget({bool all = false}) => calls.add('forget');

  Result<T> _answer<T>(T Function() value) {
    final failure = error;
    return failure == null ? Ok(value()) : Failed(failure);
  }
}
