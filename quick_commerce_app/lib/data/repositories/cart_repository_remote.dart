import 'dart:async';

import 'package:flutter/foundation.dart';

import '../../domain/models/api_error.dart';
import '../../domain/models/cart.dart';
import '../../domain/models/order.dart';
import '../../domain/models/sellable.dart';
import '../../domain/models/session.dart';
import '../../domain/reachability.dart';
import '../../utils/result.dart';
import '../services/api_client.dart';
import '../services/cart_sender.dart';
import '../services/session_service.dart';
import 'cart_repository.dart';

/// The cart at the shop.
class CartRepositoryRemote extends CartRepository {
  /// Sends pending changes after a [pause] without another change, and when [foreground] reports
  /// that the app goes into the background.
  CartRepositoryRemote({
    required ApiClient api,
    required SessionService sessions,
    required Reachability reachability,
    required ValueListenable<bool> foreground,
    this.pause = const Duration(milliseconds: 450),
  }) : _api = api,
       _sender = CartSender(api),
       _sessions = sessions,
       _reachability = reachability,
       _foreground = foreground {
    _sessions.addListener(_onSession);
    _reachability.addListener(_onReachability);
    _foreground.addListener(_onForeground);
    _onSession();
  }

  final Duration pause;
  final ApiClient _api;
  final CartSender _sender;
  final SessionService _sessions;
  final Reachability _reachability;
  final ValueListenable<bool> _foreground;
  final StreamController<CartRefusal> _refusals = StreamController.broadcast();

  /// Requested quantities without an answer yet, by product.
  final Map<String, _Wish> _wanted = {};

  /// The lines of the shop's last answer.
  List<CartLine> _lines = const [];
  bool _loaded = false;
  int _readings = 0;

  /// Whether the shop's cart may differ from [_lines].
  bool _stale = true;
  ApiError? _error;

  String? _user;

  /// Changes to request after the next login.
  _KeptWishes? _kept;

  Timer? _timer;
  Future<void>? _sending;

  /// The number of calls of [addAgain] in progress.
  int _adding = 0;

  /// The last [addAgain] with an unknown outcome: a repeated call adds nothing twice.
  _Additions? _unfinished;

  /// The number of the newest reading, and its result.
  int _turn = 0;
  Future<bool> _lastRead = Future.value(false);

  /// Counts sessions: results of an earlier session are ignored.
  int _era = 0;
  bool _disposed = false;

  @override
  Cart get cart => Cart(
    lines: _shown(),
    loaded: _loaded,
    error: _error,
    pending: _wanted.isNotEmpty || _adding > 0,
    readings: _readings,
  );

  @override
  Stream<CartRefusal> get refusals => _refusals.stream;

  @override
  int quantityOf(String productId) =>
      _wanted[productId]?.quantity ?? _lineOf(productId)?.quantity ?? 0;

  @override
  void setQuantity(Sellable product, int quantity) {
    if (_user == null) return wishFor(product);
    _unfinished = null;
    final id = product.productId;
    final wanted = quantity.clamp(0, maxQuantity);
    final settled = _lineOf(id)?.quantity ?? 0;
    if (wanted == settled && _sending == null) {
      _wanted.remove(id);
    } else {
      _wanted[id] = _Wish(product, wanted);
    }
    _timer?.cancel();
    _timer = Timer(pause, () => unawaited(flush()));
    _notify();
  }

  @override
  void wishFor(Sellable product) => _kept = _KeptWishes(null, [_Wish(product, 1)]);

  @override
  Future<void> flush() {
    _timer?.cancel();
    final running = _sending;
    if (running != null) return running;
    late final Future<void> mine;
    mine = _drain().whenComplete(() {
      if (identical(_sending, mine)) _sending = null;
    });
    return _sending = mine;
  }

  @override
  Future<Result<void>> refresh() async {
    final era = _era;
    final done = await _read();
    if (era != _era) return const Ok(null);
    if (done) _askForKept();
    _notify();
    final error = _error;
    return done || error == null ? const Ok(null) : Failed(error);
  }

  @override
  Future<Result<List<OrderItem>>> addAgain(List<OrderItem> items) async {
    await flush();
    final before = _unfinished;
    final additions = before != null && before.isOf(items)
        ? before
        : _Additions(items, [for (final _ in items) _sender.newKey()]);
    _unfinished = additions;
    _adding++;
    final result = await _addEach(additions);
    _adding--;
    if (result is Ok<List<OrderItem>>) _unfinished = null;
    await refresh();
    return result;
  }

  @override
  void dispose() {
    _disposed = true;
    _timer?.cancel();
    _sessions.removeListener(_onSession);
    _reachability.removeListener(_onReachability);
    _foreground.removeListener(_onForeground);
    unawaited(_refusals.close());
    super.dispose();
  }

  // ---- the displayed cart ----

  CartLine? _lineOf(String productId) {
    for (final line in _lines) {
      if (line.productId == productId) return line;
    }
    return null;
  }

  List<CartLine> _shown() {
    final known = {for (final line in _lines) line.productId};
    final all = [
      for (final line in _lines) line.withQuantity(quantityOf(line.productId)),
      for (final wish in _wanted.values)
        if (!known.contains(wish.product.productId)) CartLine.wanted(wish.product, wish.quantity),
    ];
    return List.unmodifiable(all.where((line) => line.quantity > 0));
  }

  void _notify() {
    if (!_disposed) notifyListeners();
  }

  // ---- sending ----

  // In rounds: a product's next change waits for the answer to the one before.
  Future<void> _drain() async {
    final era = _era;
    while (_wanted.isNotEmpty && _user != null && era == _era) {
      final round = _wanted.values.toList();
      if (_stale && !await _read()) {
        if (era == _era) _takeBack(round);
        return;
      }
      await Future.wait(round.map(_settle));
      if (era != _era) return;
      await _read();
      if (era != _era) return;
      for (final wish in round) {
        if (identical(_wanted[wish.product.productId], wish)) {
          _wanted.remove(wish.product.productId);
        }
      }
      _notify();
    }
  }

  Future<Result<List<OrderItem>>> _addEach(_Additions additions) async {
    final refused = <OrderItem>[];
    for (final (index, item) in additions.items.indexed) {
      final user = _user;
      if (user == null) return const Failed(Unauthorised(requestId: ''));
      final error = await _sender.add(
        userId: user,
        productId: item.productId,
        quantity: item.quantity,
        key: additions.keys[index],
      );
      if (error == null) continue;
      if (error.unsure || error is Unauthorised || error is TooMany) return Failed(error);
      refused.add(item);
    }
    return Ok(refused);
  }

  // A successful change is recorded at once, so that it is not requested again if another call ends
  // the session. A refused change is reverted; one with an unknown outcome is compared with the
  // cart as it is now.
  Future<void> _settle(_Wish wish) async {
    final user = _user;
    if (user == null) return;
    final era = _era;
    final id = wish.product.productId;
    final error = await _sender.bring(
      userId: user,
      line: _lineOf(id),
      productId: id,
      quantity: wish.quantity,
    );
    if (era != _era || error is Unauthorised) return;
    if (error == null) return _assume(wish);
    if (error.unsure && await _read() && (_lineOf(id)?.quantity ?? 0) == wish.quantity) return;
    if (era == _era) _refuse(wish, error);
  }

  void _takeBack(List<_Wish> round) {
    final error = _error;
    if (error == null) return;
    for (final wish in round) {
      _refuse(wish, error);
    }
  }

  void _refuse(_Wish wish, ApiError error) {
    final newest = _wanted.remove(wish.product.productId) ?? wish;
    _notify();
    if (!_refusals.isClosed) {
      _refusals.add(CartRefusal(product: newest.product, error: error));
    }
  }

  // The expected cart, until it is read.
  void _assume(_Wish wish) {
    final id = wish.product.productId;
    final known = _lineOf(id) != null;
    final all = [
      for (final line in _lines) line.productId == id ? line.withQuantity(wish.quantity) : line,
      if (!known) CartLine.wanted(wish.product, wish.quantity),
    ];
    _lines = all.where((line) => line.quantity > 0).toList();
  }

  // ---- reading ----

  // Whether the cart could be read. An outdated answer is ignored for the later one.
  Future<bool> _read() => _lastRead = _readNow(++_turn);

  Future<bool> _readNow(int turn) async {
    final user = _user;
    if (user == null) return false;
    final result = await _api.cart(user);
    if (turn != _turn) return _lastRead;
    switch (result) {
      case Ok(:final value):
        _lines = value;
        _loaded = true;
        _readings++;
        _error = null;
      case Failed(:final error):
        _error = error;
    }
    _stale = _error != null;
    return !_stale;
  }

  // ---- session and visibility ----

  void _onSession() {
    final user = _sessions.current?.userId;
    if (user == _user) return;
    _forget();
    _user = user;
    _notify();
    if (user != null) unawaited(refresh());
  }

  void _forget() {
    if (_sessions.lastEnd == SessionEnd.expired && _wanted.isNotEmpty) {
      _kept = _KeptWishes(_user, [
        for (final MapEntry(:key, :value) in _wanted.entries)
          _Wish(value.product, value.quantity - (_lineOf(key)?.quantity ?? 0)),
      ]);
    }
    _timer?.cancel();
    _sending = null;
    _era++;
    _turn++;
    _lastRead = Future.value(false);
    _wanted.clear();
    _unfinished = null;
    _lines = const [];
    _loaded = false;
    _stale = true;
    _error = null;
  }

  void _askForKept() {
    final kept = _kept;
    if (kept == null) return;
    _kept = null;
    if (kept.userId != null && kept.userId != _user) return;
    for (final wish in kept.more) {
      setQuantity(wish.product, quantityOf(wish.product.productId) + wish.quantity);
    }
  }

  void _onForeground() {
    if (!_foreground.value) {
      unawaited(flush());
    } else if (_user != null) {
      unawaited(refresh());
    }
  }

  void _onReachability() {
    if (!_reachability.offline && _user != null && _error != null) unawaited(refresh());
  }
}

/// A quantity of a product.
class _Wish {
  const _Wish(this.product, this.quantity);

  final Sellable product;
  final int quantity;
}

/// Wished additional quantities, of a user or (null) of the next user who logs in.
class _KeptWishes {
  const _KeptWishes(this.userId, this.more);

  final String? userId;
  final List<_Wish> more;
}

/// The products of an order that are added to the cart, and the idempotency key of each.
class _Additions {
  const _Additions(this.items, this.keys);

  final List<OrderItem> items;
  final List<String> keys;

  bool isOf(List<OrderItem> others) =>
      others.length == items.length &&
      items.indexed.every(
        (entry) =>
            entry.$2.productId == others[entry.$1].productId &&
            entry.$2.quantity == others[entry.$1].quantity,
      );
}
