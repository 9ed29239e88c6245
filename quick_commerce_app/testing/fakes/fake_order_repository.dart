import 'dart:async';

import 'package:quick_commerce_app/data/repositories/order_repository.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/domain/models/cart.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/domain/models/paged.dart';
import 'package:quick_commerce_app/utils/result.dart';

import 'samples.dart';

/// Accepts every order, unless a failure is set.
class FakeOrderRepository implements OrderRepository {
  /// The results of the next calls of each kind.
  Result<PlacedOrder> placeResult = const Ok(samplePlacedOrder);
  Result<PlacedOrder?> recoverResult = const Ok(null);
  Result<Order> orderResult = Ok(sampleOrder());
  Result<Paged<OrderSummary>> ordersResult = Ok(Paged(items: [sampleOrderSummary]));
  Result<void> cancelResult = const Ok(null);
  Order? activeOrder;

  /// If set, [place] reports a pause and waits for [placeGate] first.
  ApiError? pause;

  /// If set, [place] waits for it, so that a test can check the running call.
  Completer<void>? placeGate;

  /// If set, [recover] waits for it, so that a test can check the running call.
  Completer<void>? recoverGate;

  /// If set, [order] waits for it, so that a test can check the running call.
  Completer<void>? orderGate;

  /// The total of an attempt none of whose lines is in the cart; reported once.
  int? lostTotal;

  /// The calls so far.
  final List<String> calls = [];

  @override
  Future<Result<PlacedOrder>> place(Cart cart, {void Function(ApiError error)? onPause}) async {
    calls.add('place ${cart.total}');
    final asked = pause;
    if (asked != null) onPause?.call(asked);
    await placeGate?.future;
    return placeResult;
  }

  @override
  Future<Result<PlacedOrder?>> recover() async {
    calls.add('recover');
    await recoverGate?.future;
    return recoverResult;
  }

  @override
  Future<int?> endLostAttempt(Cart cart) async {
    final total = lostTotal;
    lostTotal = null;
    return total;
  }

  @override
  Future<Result<Order>> order(String orderId) async {
    calls.add('order $orderId');
    await orderGate?.future;
    return orderResult;
  }

  @override
  Future<Result<Paged<OrderSummary>>> orders({String? after}) async {
    calls.add('orders ${after ?? ''}');
    return ordersResult;
  }

  @override
  Future<Result<void>> cancel(String orderId) async {
    calls.add('cancel $orderId');
    return cancelResult;
  }

  @override
  Future<Order?> active() async => activeOrder;
}
