import 'dart:async';

import '../../data/repositories/cart_repository.dart';
import '../../data/repositories/catalogue_repository.dart';
import '../../data/repositories/order_repository.dart';
import '../../domain/models/api_error.dart';
import '../../domain/models/order.dart';
import '../../domain/reachability.dart';
import '../../utils/command.dart';
import '../../utils/result.dart';
import '../core/texts.dart';
import '../core/view_model.dart';
import '../core/words.dart';

/// The result of ordering again: a message, and whether the cart has products now.
typedef AgainReport = ({String text, bool some});

/// Past orders, newest first, and ordering the same again.
class OrdersViewModel extends ViewModel {
  OrdersViewModel({
    required OrderRepository orders,
    required CartRepository cart,
    required CatalogueRepository catalogue,
    required Reachability reachability,
  }) : _orders = orders,
       _cart = cart,
       _catalogue = catalogue,
       _reachability = reachability {
    load = Command0<void>(_load)..addListener(notifyListeners);
    more = Command0<void>(_more)..addListener(notifyListeners);
    again = Command1<AgainReport, OrderSummary>(_again)..addListener(notifyListeners);
    _reachability.addListener(_lineChanged);
  }

  /// The number of pictures of an order in the list.
  static const int _pictures = 4;

  final OrderRepository _orders;
  final CartRepository _cart;
  final CatalogueRepository _catalogue;
  final Reachability _reachability;

  late final Command0<void> load;

  /// Loads older orders.
  late final Command0<void> more;

  /// Adds an order's products to the cart.
  late final Command1<AgainReport, OrderSummary> again;

  List<OrderSummary>? _list;
  String? _after;
  final Map<String, Order> _details = {};

  /// The orders whose details are loading, or are requested again after a pause.
  final Map<String, OrderSummary> _wanted = {};
  final Set<String> _gone = {};
  Future<void>? _reading;
  Timer? _pause;

  /// Null before they are loaded.
  List<OrderSummary>? get list => _list;
  bool get hasMore => _after != null;
  ApiError? get error => load.error;

  /// An order with its status and names, once they are loaded.
  Order? detailsOf(String orderId) => _details[orderId];

  /// Pictures of the first products of an order; empty for unknown products.
  List<String> picturesOf(OrderSummary order) => [
    for (final item in order.items.take(_pictures)) _catalogue.peek(item.productId)?.imageUrl ?? '',
  ];

  Future<Result<void>> _load() async {
    final result = await _orders.orders();
    switch (result) {
      case Ok(:final value):
        _list = value.items;
        _after = value.after;
        // An ended order does not change.
        _details.removeWhere((_, order) => !order.status.isEnded);
        _wanted.clear();
        return const Ok(null);
      case Failed(:final error):
        return Failed(error);
    }
  }

  Future<Result<void>> _more() async {
    final after = _after;
    if (after == null) return const Ok(null);
    final result = await _orders.orders(after: after);
    switch (result) {
      case Ok(:final value):
        _list = [...?_list, ...value.items];
        _after = value.after;
        return const Ok(null);
      case Failed(:final error):
        return Failed(error);
    }
  }

  /// Reads an order's status, names and pictures, which the list of orders doesn't have: of one
  /// order at a time, and again after a pause if the shop can't answer. Returns when nothing is
  /// left to read, or there is a pause.
  Future<void> needDetails(OrderSummary order) async {
    final id = order.orderId;
    if (!_details.containsKey(id) && !_gone.contains(id)) _wanted[id] = order;
    if (_pause?.isActive ?? false) return;
    await _read();
  }

  Future<void> _read() => _reading ??= _readWanted().whenComplete(() => _reading = null);

  Future<void> _readWanted() async {
    while (_wanted.isNotEmpty && !isDisposed) {
      final order = _wanted.values.first;
      final error = await _readDetails(order);
      if (isDisposed) return;
      if (error != null) {
        _pause = Timer(_pauseAfter(error), () => unawaited(_read()));
        return;
      }
      _wanted.remove(order.orderId);
      notifyListeners();
    }
  }

  // The error, if the shop may answer later.
  Future<ApiError?> _readDetails(OrderSummary order) async {
    if (_details.containsKey(order.orderId)) return _readPictures(order);
    switch (await _orders.order(order.orderId)) {
      case Ok(:final value):
        _details[order.orderId] = value;
        notifyListeners();
        return _readPictures(order);
      case Failed(:final error) when isMissing(error):
        _gone.add(order.orderId);
        return null;
      case Failed(:final error):
        return error;
    }
  }

  Future<ApiError?> _readPictures(OrderSummary order) async {
    for (final item in order.items.take(_pictures)) {
      if (_catalogue.peek(item.productId) != null || isDisposed) continue;
      final error = (await _catalogue.product(item.productId)).errorOrNull;
      if (error != null && !isMissing(error)) return error;
    }
    return null;
  }

  static Duration _pauseAfter(ApiError error) => switch (error) {
    TooMany(:final retryAfter) || Unavailable(:final retryAfter) => retryAfter,
    _ => const Duration(seconds: 5),
  };

  Future<Result<AgainReport>> _again(OrderSummary order) async {
    final result = await _cart.addAgain(order.items);
    switch (result) {
      case Ok(value: final refused):
        final some = refused.length < order.items.length;
        return Ok((text: _report(order, refused), some: some));
      case Failed(:final error):
        return Failed(error);
    }
  }

  /// The message about unavailable products; names are known once an order's details are.
  String _report(OrderSummary order, List<OrderItem> refused) {
    if (refused.isEmpty) return Texts.inCartAgain(order.items.length);
    final names = listed([for (final item in refused) _nameOf(order, item)]);
    return refused.length == order.items.length ? Texts.noneOfIt(names) : Texts.withoutSome(names);
  }

  String _nameOf(OrderSummary order, OrderItem item) {
    final known = _details[order.orderId]?.items ?? const <OrderItem>[];
    for (final detail in known) {
      if (detail.productId == item.productId) return detail.name ?? Texts.aProduct;
    }
    return item.name ?? _catalogue.peek(item.productId)?.name ?? Texts.aProduct;
  }

  // A load that failed without a connection is retried when there is one.
  void _lineChanged() {
    if (!_reachability.offline && load.error is Offline) unawaited(load.execute());
  }

  @override
  void dispose() {
    _pause?.cancel();
    _reachability.removeListener(_lineChanged);
    load.dispose();
    more.dispose();
    again.dispose();
    super.dispose();
  }
}
