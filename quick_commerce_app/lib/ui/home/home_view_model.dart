import 'dart:async';

import '../../data/repositories/auth_repository.dart';
import '../../data/repositories/catalogue_repository.dart';
import '../../data/repositories/order_repository.dart';
import '../../domain/models/api_error.dart';
import '../../domain/models/order.dart';
import '../../domain/models/paged.dart';
import '../../domain/models/product.dart';
import '../../domain/reachability.dart';
import '../../utils/command.dart';
import '../../utils/result.dart';
import '../core/view_model.dart';

/// The shop: its categories, the products of one or all of them, and the results of a search.
class HomeViewModel extends ViewModel {
  HomeViewModel({
    required CatalogueRepository catalogue,
    required OrderRepository orders,
    required AuthRepository auth,
    required Reachability reachability,
    String? category,
  }) : _catalogue = catalogue,
       _orders = orders,
       _auth = auth,
       _reachability = reachability,
       _category = category {
    more = Command0<void>(_more)..addListener(notifyListeners);
    _auth.addListener(_sessionChanged);
    _reachability.addListener(_lineChanged);
  }

  /// The pause in typing after which a search starts.
  static const Duration searchPause = Duration(milliseconds: 220);

  final CatalogueRepository _catalogue;
  final OrderRepository _orders;
  final AuthRepository _auth;
  final Reachability _reachability;

  /// Loads the next page.
  late final Command0<void> more;

  List<String> _categories = const [];
  String? _category;
  String _query = '';
  List<Product>? _products;
  String? _after;
  ApiError? _error;
  Order? _active;
  Timer? _typing;
  // An answer to an outdated request is ignored.
  int _turn = 0;

  List<String> get categories => _categories;

  /// The displayed category; null: all of them.
  String? get category => _category;

  /// The words of the search; empty without one.
  String get query => _query;

  /// The products; null while they load.
  List<Product>? get products => _products;
  bool get hasMore => _after != null;
  ApiError? get error => _error;

  bool get isLoggedIn => _auth.isLoggedIn;

  /// The active order.
  Order? get active => _active;

  /// Loads the content of a new screen.
  Future<void> load() => Future.wait([_readCategories(), _find(), readActive()]);

  /// Loads everything again; returns the error, if any.
  Future<ApiError?> refresh() async {
    await Future.wait([_readCategories(fresh: true), _find(fresh: true), readActive()]);
    return _error;
  }

  /// Loads the products again that could not be loaded.
  Future<void> retry() async {
    _error = null;
    notifyListeners();
    await Future.wait([if (_categories.isEmpty) _readCategories(), _find()]);
  }

  /// Searches for words after a pause in typing.
  void search(String text) {
    _typing?.cancel();
    _typing = Timer(searchPause, () => unawaited(searchNow(text)));
  }

  /// Searches for words at once; empty words end the search.
  Future<void> searchNow(String text) async {
    _typing?.cancel();
    final words = text.trim();
    if (words == _query) return;
    _query = words;
    await _show();
  }

  /// Shows a category, or with null all of them. A search ends with it.
  Future<void> choose(String? category) async {
    _typing?.cancel();
    if (category == _category && _query.isEmpty) return;
    _category = category;
    _query = '';
    await _show();
  }

  Future<void> _show() {
    _products = null;
    _after = null;
    _error = null;
    notifyListeners();
    return _find();
  }

  Future<Result<Paged<Product>>> _page({String? after, bool fresh = false}) {
    final searching = _query.isNotEmpty;
    return _catalogue.products(
      query: searching ? _query : null,
      category: searching ? null : _category,
      after: after,
      fresh: fresh,
    );
  }

  Future<void> _find({bool fresh = false}) async {
    final turn = ++_turn;
    final result = await _page(fresh: fresh);
    if (turn != _turn || isDisposed) return;
    switch (result) {
      case Ok(:final value):
        _products = value.items;
        _after = value.after;
        _error = null;
      case Failed(:final error):
        _error = error;
    }
    notifyListeners();
  }

  Future<Result<void>> _more() async {
    final after = _after;
    if (after == null) return const Ok(null);
    final turn = _turn;
    final result = await _page(after: after);
    if (turn != _turn || isDisposed) return const Ok(null);
    switch (result) {
      case Ok(:final value):
        _products = [...?_products, ...value.items];
        _after = value.after;
        return const Ok(null);
      case Failed(:final error):
        return Failed(error);
    }
  }

  // The products are shown without them.
  Future<void> _readCategories({bool fresh = false}) async {
    final result = await _catalogue.categories(fresh: fresh);
    if (isDisposed) return;
    _categories = result.valueOrNull ?? _categories;
    notifyListeners();
  }

  /// Reads the active order.
  Future<void> readActive() async {
    final active = await (_auth.isLoggedIn ? _orders.active() : Future<Order?>.value());
    if (isDisposed) return;
    _active = active;
    notifyListeners();
  }

  void _sessionChanged() {
    notifyListeners();
    unawaited(readActive());
  }

  // A load that failed without a connection is retried when there is one.
  void _lineChanged() {
    if (!_reachability.offline && _error is Offline) unawaited(retry());
  }

  @override
  void dispose() {
    _typing?.cancel();
    _auth.removeListener(_sessionChanged);
    _reachability.removeListener(_lineChanged);
    more.dispose();
    super.dispose();
  }
}
