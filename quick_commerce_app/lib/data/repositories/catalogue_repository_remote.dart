import '../../domain/models/paged.dart';
import '../../domain/models/product.dart';
import '../../utils/result.dart';
import '../services/api_client.dart';
import 'catalogue_repository.dart';

/// The shop's catalogue.
class CatalogueRepositoryRemote implements CatalogueRepository {
  CatalogueRepositoryRemote({required ApiClient api, DateTime Function() now = DateTime.now})
    : _api = api,
      _now = now;

  static const Duration _freshFor = Duration(seconds: 30);
  static const int _maxLists = 60;
  static const int _maxSeen = 2000;

  final ApiClient _api;
  final DateTime Function() _now;
  _Kept<List<String>>? _categories;
  final Map<_Selection, _Kept<Paged<Product>>> _lists = {};
  final Map<String, Product> _seen = {};

  /// Counts shops: answers of an earlier shop are ignored.
  int _shop = 0;

  @override
  Future<Result<List<String>>> categories({bool fresh = false}) async {
    final kept = _categories;
    if (!fresh && kept != null && _isFresh(kept)) return Ok(kept.value);
    final shop = _shop;
    final result = await _api.categories();
    if (shop != _shop) return result;
    if (result case Ok(:final value)) _categories = _Kept(value, _now());
    return result;
  }

  @override
  Future<Result<Paged<Product>>> products({
    String? query,
    String? category,
    String? after,
    int limit = pageSize,
    bool fresh = false,
  }) async {
    final _Selection selection = (query: query, category: category, after: after, limit: limit);
    final kept = _lists[selection];
    if (!fresh && kept != null && _isFresh(kept)) return Ok(kept.value);
    final shop = _shop;
    final result = await _api.products(q: query, category: category, after: after, limit: limit);
    if (shop != _shop) return result;
    if (result case Ok(:final value)) _keep(selection, value);
    return result;
  }

  @override
  Future<Result<Product>> product(String productId) async {
    final shop = _shop;
    final result = await _api.product(productId);
    if (shop != _shop) return result;
    if (result case Ok(:final value)) _remember([value]);
    return result;
  }

  @override
  Product? peek(String productId) => _seen[productId];

  @override
  void forget({bool all = false}) {
    _categories = null;
    _lists.clear();
    if (!all) return;
    _shop++;
    _seen.clear();
  }

  bool _isFresh(_Kept<Object> kept) => _now().difference(kept.at) < _freshFor;

  void _keep(_Selection selection, Paged<Product> page) {
    // Inserted again, so that the oldest list stays the first.
    _lists.remove(selection);
    if (_lists.length >= _maxLists) _lists.remove(_lists.keys.first);
    _lists[selection] = _Kept(page, _now());
    _remember(page.items);
  }

  void _remember(Iterable<Product> products) {
    for (final product in products) {
      _seen.remove(product.productId);
      if (_seen.length >= _maxSeen) _seen.remove(_seen.keys.first);
      _seen[product.productId] = product;
    }
  }
}

typedef _Selection = ({String? query, String? category, String? after, int limit});

class _Kept<T extends Object> {
  const _Kept(this.value, this.at);

  final T value;
  final DateTime at;
}
