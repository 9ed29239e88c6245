import 'dart:async';

import 'package:quick_commerce_app/data/repositories/tracking_repository.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/domain/models/tracking.dart';

/// Emits the states that a test sets.
class FakeTrackingRepository implements TrackingRepository {
  final StreamController<Tracking> _news = StreamController.broadcast();

  /// Whether there is a listener now.
  bool get isFollowed => _news.hasListener;

  @override
  Stream<Tracking> follow(Order order) => _news.stream;

  /// Emits an order and its connection.
  void emit(Order order, Connection connection) =>
      _news.add(Tracking(order: order, connection: connection));

  Future<void> close() => _news.close();
}
