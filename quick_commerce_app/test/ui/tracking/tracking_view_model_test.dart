import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/services/reachability_monitor.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/domain/models/tracking.dart';
import 'package:quick_commerce_app/ui/tracking/tracking_view_model.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/fake_order_repository.dart';
import '../../../testing/fakes/fake_tracking_repository.dart';
import '../../../testing/fakes/samples.dart';

void main() {
  late FakeOrderRepository orders;
  late FakeTrackingRepository tracking;
  late ReachabilityMonitor reachability;
  late TrackingViewModel viewModel;

  setUp(() {
    orders = FakeOrderRepository();
    tracking = FakeTrackingRepository();
    reachability = ReachabilityMonitor();
    viewModel = TrackingViewModel(
      orderId: sampleOrderId,
      orders: orders,
      tracking: tracking,
      reachability: reachability,
    );
  });

  tearDown(() async {
    viewModel.dispose();
    reachability.dispose();
    await tracking.close();
  });

  Future<void> settle() => Future<void>.delayed(Duration.zero);

  test('tracks the order from its present state', () async {
    await viewModel.load.execute();
    expect(viewModel.connection, Connection.connecting);
    tracking.emit(sampleOrder(status: OrderStatus.packed), Connection.live);
    await settle();
    expect(viewModel.order?.status, OrderStatus.packed);
    expect(viewModel.connection, Connection.live);
    expect(viewModel.canCancel, isFalse);
  });

  test('an ended order is not tracked', () async {
    orders.orderResult = Ok(sampleOrder(status: OrderStatus.delivered));
    await viewModel.load.execute();
    expect(viewModel.connection, Connection.ended);
    expect(tracking.isFollowed, isFalse);
  });

  test('pauses in the background, and reads again when visible', () async {
    await viewModel.load.execute();
    expect(tracking.isFollowed, isTrue);
    viewModel.rest();
    expect(tracking.isFollowed, isFalse);
    orders.orderResult = Ok(sampleOrder(status: OrderStatus.packed));
    await viewModel.wake();
    expect(viewModel.order?.status, OrderStatus.packed);
    expect(tracking.isFollowed, isTrue);
  });

  test('tracks the known state if the reading fails', () async {
    await viewModel.load.execute();
    viewModel.rest();
    orders.orderResult = const Failed(sampleUnavailable);
    await viewModel.wake();
    expect(viewModel.order?.status, OrderStatus.placed);
    expect(tracking.isFollowed, isTrue);
  });

  test('cancels, and shows the order as it is then', () async {
    await viewModel.load.execute();
    expect(viewModel.canCancel, isTrue);
    orders.orderResult = Ok(sampleOrder(status: OrderStatus.cancelled));
    await viewModel.cancel.execute();
    expect(orders.calls, contains('cancel $sampleOrderId'));
    expect(viewModel.cancel.completed, isTrue);
    expect(viewModel.order?.status, OrderStatus.cancelled);
    expect(viewModel.connection, Connection.ended);
  });

  test('a late cancel shows the order as it is', () async {
    await viewModel.load.execute();
    orders
      ..cancelResult = const Failed(
        Refused(
          requestId: 'app-1',
          status: 409,
          code: 'order_can_no_longer_be_cancelled',
          detail: 'Order can no longer be cancelled',
        ),
      )
      ..orderResult = Ok(sampleOrder(status: OrderStatus.packed));
    await viewModel.cancel.execute();
    expect(viewModel.cancel.error, isA<Refused>());
    expect(viewModel.order?.status, OrderStatus.packed);
  });

  test('a closed screen tracks nothing', () async {
    final model = TrackingViewModel(
      orderId: sampleOrderId,
      orders: orders,
      tracking: tracking,
      reachability: reachability,
    );
    final loading = model.load.execute();
    model.dispose();
    await loading;
    expect(tracking.isFollowed, isFalse);
  });
}
