import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/services/reachability_monitor.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/ui/confirmation/confirmation_view_model.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/fake_order_repository.dart';
import '../../../testing/fakes/samples.dart';

void main() {
  late FakeOrderRepository orders;
  late ReachabilityMonitor reachability;
  late ConfirmationViewModel viewModel;

  setUp(() {
    orders = FakeOrderRepository();
    reachability = ReachabilityMonitor();
    viewModel = ConfirmationViewModel(
      orderId: sampleOrderId,
      orders: orders,
      reachability: reachability,
    );
  });

  tearDown(() {
    viewModel.dispose();
    reachability.dispose();
  });

  test('reads the order', () async {
    await viewModel.load.execute();
    expect(orders.calls, ['order $sampleOrderId']);
    expect(viewModel.order?.orderId, sampleOrderId);
    expect(viewModel.isMissingOrder, isFalse);
  });

  test('an order of another user is missing', () async {
    orders.orderResult = const Failed(
      Refused(requestId: 'app-1', status: 404, code: 'order_not_found', detail: 'Order not found'),
    );
    await viewModel.load.execute();
    expect(viewModel.isMissingOrder, isTrue);
  });

  test('a failed reading is not a missing order', () async {
    orders.orderResult = const Failed(sampleUnavailable);
    await viewModel.load.execute();
    expect(viewModel.isMissingOrder, isFalse);
    expect(viewModel.error, sampleUnavailable);
  });

  test('loads when there is a connection again', () async {
    orders.orderResult = const Failed(sampleOffline);
    reachability.lost();
    await viewModel.load.execute();
    orders.orderResult = Ok(sampleOrder());
    reachability.reached();
    await Future<void>.delayed(Duration.zero);
    expect(viewModel.order?.orderId, sampleOrderId);
  });
}
