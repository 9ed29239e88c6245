import 'dart:async';

import 'package:quick_commerce_app/data/repositories/tracking_repository.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/domain/models/tracking.dart';

/// Tells what a test says.
class FakeTrackingRepository implements TrackingRepository {
  final StreamController<Tracking> _news = StreamController.broadcast();

  /// Whether someone listens at the moment.
  bool get isFollowed => _news.hasListener;

  @override
  Stream<Tracking> follow(Order order) => _news.stream;

  /// Tells of an order and its connection.
  void emit(Order order, Connection connection) =>
      _news.add(Tracking(order: order, connection: connection));

  Future<void> close() => _news.close();
}
