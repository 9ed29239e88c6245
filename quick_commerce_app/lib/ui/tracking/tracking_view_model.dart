import 'dart:async';

import '../../data/repositories/order_repository.dart';
import '../../data/repositories/tracking_repository.dart';
import '../../domain/models/api_error.dart';
import '../../domain/models/order.dart';
import '../../domain/models/tracking.dart';
import '../../domain/reachability.dart';
import '../../utils/command.dart';
import '../../utils/result.dart';
import '../core/view_model.dart';
import '../core/words.dart';

/// The live tracking of an order.
class TrackingViewModel extends ViewModel {
  TrackingViewModel({
    required this.orderId,
    required OrderRepository orders,
    required TrackingRepository tracking,
    required Reachability reachability,
  }) : _orders = orders,
       _tracking = tracking,
       _reachability = reachability {
    load = Command0<void>(_load)..addListener(notifyListeners);
    cancel = Command0<void>(_cancel)..addListener(notifyListeners);
    _reachability.addListener(_lineChanged);
  }

  final String orderId;
  final OrderRepository _orders;
  final TrackingRepository _tracking;
  final Reachability _reachability;

  /// Reads the order, and tracks it from there.
  late final Command0<void> load;

  /// Cancels the order while it is placed.
  late final Command0<void> cancel;

  Order? _order;
  Connection _connection = Connection.connecting;
  StreamSubscription<Tracking>? _news;
  bool _resting = false;

  Order? get order => _order;
  Connection get connection => _connection;
  ApiError? get error => load.error;

  /// Whether the order does not exist or belongs to another user.
  bool get isMissingOrder {
    final error = load.error;
    return error != null && isMissing(error);
  }

  bool get canCancel => _order?.status == OrderStatus.placed;

  Future<Result<void>> _load() async {
    final result = await _orders.order(orderId);
    switch (result) {
      case Ok(:final value):
        if (!isDisposed) _begin(value);
        return const Ok(null);
      case Failed(:final error):
        // The known state can be tracked nevertheless.
        final known = _order;
        if (known != null && _news == null && !isDisposed) _begin(known);
        return Failed(error);
    }
  }

  void _begin(Order order) {
    _stop();
    _order = order;
    if (order.status.isEnded) {
      _connection = Connection.ended;
    } else if (!_resting) {
      _connection = Connection.connecting;
      _news = _tracking.follow(order).listen(_arrived);
    }
    notifyListeners();
  }

  void _arrived(Tracking news) {
    _order = news.order;
    _connection = news.connection;
    notifyListeners();
  }

  void _stop() {
    unawaited(_news?.cancel());
    _news = null;
  }

  /// The app is in the background: closes the connection.
  void rest() {
    _resting = true;
    _stop();
  }

  /// The app is visible again: reads the order, and tracks it from there.
  Future<void> wake() async {
    if (!_resting) return;
    _resting = false;
    if (_connection != Connection.ended) await load.execute();
  }

  Future<Result<void>> _cancel() async {
    final result = await _orders.cancel(orderId);
    // The order is shown as it is now, with any outcome.
    if (!isDisposed) await load.execute();
    return result;
  }

  // A load that failed without a connection is retried when there is one.
  void _lineChanged() {
    if (!_reachability.offline && load.error is Offline) unawaited(load.execute());
  }

  @override
  void dispose() {
    _stop();
    _reachability.removeListener(_lineChanged);
    load.dispose();
    cancel.dispose();
    super.dispose();
  }
}
