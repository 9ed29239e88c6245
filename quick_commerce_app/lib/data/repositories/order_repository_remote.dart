import 'dart:convert';

import '../../domain/models/api_error.dart';
import '../../domain/models/cart.dart';
import '../../domain/models/order.dart';
import '../../domain/models/paged.dart';
import '../../utils/json.dart';
import '../../utils/result.dart';
import '../services/api_client.dart';
import '../services/checkout_attempts.dart';
import '../services/device_store.dart';
import '../services/session_service.dart';
import 'order_repository.dart';

/// Orders at the shop.
class OrderRepositoryRemote implements OrderRepository {
  OrderRepositoryRemote({
    required ApiClient api,
    required SessionService sessions,
    required CheckoutAttempts attempts,
    required DeviceStore store,
  }) : _api = api,
       _sessions = sessions,
       _attempts = attempts,
       _store = store;

  static const int _maxTries = 5;

  // The token of another login, a request timeout, an unknown host name.
  static const Set<int> _onTheWay = {403, 408, 421};
  static const _noSession = Unauthorised(requestId: '');

  final ApiClient _api;
  final SessionService _sessions;
  final CheckoutAttempts _attempts;
  final DeviceStore _store;

  String? get _user => _sessions.current?.userId;

  @override
  Future<Result<PlacedOrder>> place(Cart cart, {void Function(ApiError error)? onPause}) async {
    final user = _user;
    if (user == null) return const Failed(_noSession);
    return _send(await _attempts.open(user, cart), _pauseAfter, onPause);
  }

  @override
  Future<Result<PlacedOrder?>> recover() async {
    final attempt = await _openAttempt();
    if (attempt == null) return const Ok(null);
    final result = await _send(attempt, _pauseInProgress);
    return switch (result) {
      Failed(:final error) when _isFinal(error) => const Ok(null),
      _ => result,
    };
  }

  @override
  Future<int?> endLostAttempt(Cart cart) async {
    final attempt = await _openAttempt();
    if (attempt == null || !attempt.isGoneFrom(cart)) return null;
    await _attempts.close(attempt);
    return attempt.total;
  }

  @override
  Future<Result<Order>> order(String orderId) => _api.order(orderId);

  @override
  Future<Result<Paged<OrderSummary>>> orders({String? after}) async {
    final user = _user;
    if (user == null) return const Failed(_noSession);
    return _api.orders(userId: user, after: after, limit: ordersPageSize);
  }

  @override
  Future<Result<void>> cancel(String orderId) => _api.orderCancel(orderId);

  @override
  Future<Order?> active() async {
    final orderId = await _activeId();
    if (orderId == null) return null;
    switch (await _api.order(orderId)) {
      case Ok(:final value) when !value.status.isEnded:
        return value;
      case Ok() || Failed(error: Refused()):
        await _store.delete(StoreKey.active);
        return null;
      case Failed():
        return null;
    }
  }

  Future<CheckoutAttempt?> _openAttempt() async {
    final user = _user;
    return user == null ? null : _attempts.current(user);
  }

  // The user may log out, and another one in, at each await.
  Future<Result<PlacedOrder>> _send(
    CheckoutAttempt attempt,
    Duration? Function(ApiError error) pauseAfter, [
    void Function(ApiError error)? onPause,
  ]) async {
    for (var tries = 1; _user == attempt.userId; tries++) {
      final result = await _api.orderCreate(
        userId: attempt.userId,
        expectedTotal: attempt.total,
        idempotencyKey: attempt.key,
      );
      if (_user != attempt.userId) break;
      switch (result) {
        case Ok(:final value):
          // Keep the order first, then end the attempt: an app that stops in between finds the
          // order.
          await _keepActive(attempt.userId, value);
          await _attempts.close(attempt);
          return result;
        case Failed(:final error):
          final pause = pauseAfter(error);
          if (pause == null || tries == _maxTries) {
            if (_isFinal(error)) await _attempts.close(attempt);
            return result;
          }
          onPause?.call(error);
          await Future<void>.delayed(pause);
      }
    }
    return const Failed(_noSession);
  }

  // The wait before the same call is repeated; null if it is not.
  static Duration? _pauseAfter(ApiError error) =>
      error is TooMany ? error.retryAfter : _pauseInProgress(error);

  // The same for a recovery. It doesn't repeat a call that was refused with 429: by then the
  // buyer may have filled the cart anew, and the call would order it without a press.
  static Duration? _pauseInProgress(ApiError error) => switch (error) {
    Refused(code: 'request_in_progress') => const Duration(seconds: 1),
    _ => null,
  };

  // Refused by the shop and not by a proxy: nothing was or will be ordered with the key.
  static bool _isFinal(ApiError error) => switch (error) {
    Refused(:final status) => !error.unsure && !_onTheWay.contains(status),
    Invalid() => true,
    _ => false,
  };

  Future<void> _keepActive(String userId, PlacedOrder placed) =>
      _store.write(StoreKey.active, jsonEncode({'userId': userId, 'orderId': placed.orderId}));

  Future<String?> _activeId() async {
    final text = await _store.read(StoreKey.active);
    if (text == null) return null;
    try {
      final kept = asObject(jsonDecode(text));
      return readString(kept, 'userId') == _user ? readString(kept, 'orderId') : null;
    } on FormatException {
      return null;
    }
  }
}
