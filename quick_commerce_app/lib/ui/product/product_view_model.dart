import 'dart:async';

import '../../data/repositories/catalogue_repository.dart';
import '../../domain/models/api_error.dart';
import '../../domain/models/product.dart';
import '../../domain/reachability.dart';
import '../../utils/command.dart';
import '../../utils/result.dart';
import '../core/view_model.dart';
import '../core/words.dart';

/// One product, and others of its category.
class ProductViewModel extends ViewModel {
  ProductViewModel({
    required this.productId,
    required CatalogueRepository catalogue,
    required Reachability reachability,
  }) : _catalogue = catalogue,
       _reachability = reachability,
       _product = catalogue.peek(productId) {
    load = Command0<void>(_load)..addListener(notifyListeners);
    _reachability.addListener(_lineChanged);
  }

  final String productId;
  final CatalogueRepository _catalogue;
  final Reachability _reachability;
  late final Command0<void> load;

  Product? _product;
  List<Product> _similar = const [];
  bool _gone = false;

  /// As it was last read, then as it is; null before.
  Product? get product => _product;

  List<Product> get similar => _similar;

  /// Whether the shop does not have it any more.
  bool get isGone => _gone;

  ApiError? get error => load.error;

  Future<Result<void>> _load() async {
    final result = await _catalogue.product(productId);
    switch (result) {
      case Ok(:final value):
        _product = value;
        _gone = false;
        await _readSimilar(value);
        return const Ok(null);
      case Failed(:final error):
        if (isMissing(error)) {
          _gone = true;
          _product = null;
        }
        return Failed(error);
    }
  }

  // The product is shown without them.
  Future<void> _readSimilar(Product product) async {
    notifyListeners();
    final result = await _catalogue.products(category: product.category, limit: shelfSize);
    final found = result.valueOrNull?.items ?? const <Product>[];
    _similar = found.where((other) => other.productId != productId).toList();
  }

  // A load that failed without a connection is retried when there is one.
  void _lineChanged() {
    if (!_reachability.offline && load.error is Offline) unawaited(load.execute());
  }

  @override
  void dispose() {
    _reachability.removeListener(_lineChanged);
    load.dispose();
    super.dispose();
  }
}
