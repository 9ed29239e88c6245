import 'dart:async';

import '../../data/repositories/order_repository.dart';
import '../../domain/models/api_error.dart';
import '../../domain/models/order.dart';
import '../../domain/reachability.dart';
import '../../utils/command.dart';
import '../../utils/result.dart';
import '../core/view_model.dart';
import '../core/words.dart';

/// An order that was placed just now.
class ConfirmationViewModel extends ViewModel {
  ConfirmationViewModel({
    required this.orderId,
    required OrderRepository orders,
    required Reachability reachability,
  }) : _orders = orders,
       _reachability = reachability {
    load = Command0<void>(_load)..addListener(notifyListeners);
    _reachability.addListener(_lineChanged);
  }

  final String orderId;
  final OrderRepository _orders;
  final Reachability _reachability;
  late final Command0<void> load;
  Order? _order;

  Order? get order => _order;
  ApiError? get error => load.error;

  /// Whether the order does not exist or belongs to another user.
  bool get isMissingOrder {
    final error = load.error;
    return error != null && isMissing(error);
  }

  Future<Result<void>> _load() async {
    final result = await _orders.order(orderId);
    switch (result) {
      case Ok(:final value):
        _order = value;
        return const Ok(null);
      case Failed(:final error):
        return Failed(error);
    }
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
