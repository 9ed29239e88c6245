import 'dart:math';

import '../../domain/models/api_error.dart';
import '../../domain/models/cart.dart';
import '../../utils/ids.dart';
import '../../utils/result.dart';
import 'api_client.dart';

/// Changes the lines of a cart to a quantity. It waits where the shop rate-limits the call.
class CartSender {
  CartSender(this._api, {Random? random}) : _random = random ?? Random.secure();

  static const int _maxTries = 4;

  /// The number of tries of an addition whose answer is lost, and the maximum wait before one.
  static const int _maxSends = 3;
  static const Duration _maxPause = Duration(seconds: 5);

  final ApiClient _api;
  final Random _random;

  /// An idempotency key for one addition.
  String newKey() => randomHex(_random, 16);

  /// Changes [line], as the shop has it (null: it has none), to [quantity] of the product. Returns
  /// the error, or null.
  Future<ApiError?> bring({
    required String userId,
    required CartLine? line,
    required String productId,
    required int quantity,
  }) async {
    final more = quantity - (line?.quantity ?? 0);
    if (more > 0) return add(userId: userId, productId: productId, quantity: more);
    final lineId = line?.lineId;
    if (more == 0 || lineId == null) return null;
    return quantity == 0 ? _remove(lineId) : _decrease(lineId, -more);
  }

  /// Adds a quantity of a product to the cart. After a lost answer the call is repeated with the
  /// same [key], so that the shop adds once; without a key it makes one.
  Future<ApiError?> add({
    required String userId,
    required String productId,
    required int quantity,
    String? key,
  }) async {
    final idempotencyKey = key ?? newKey();
    for (var sends = 1; ; sends++) {
      final error = await _patiently(
        () => _api.cartAdd(
          userId: userId,
          productId: productId,
          quantity: quantity,
          idempotencyKey: idempotencyKey,
        ),
      );
      if (error == null || !error.unsure || sends == _maxSends) return error;
      final pause = error is Unavailable ? error.retryAfter : const Duration(seconds: 1);
      if (pause > _maxPause) return error;
      await Future<void>.delayed(pause);
    }
  }

  // A line that another client has removed already is a success.
  Future<ApiError?> _remove(String lineId) async {
    final error = await _patiently(() => _api.cartRemove(lineId));
    return error is Refused && error.code == 'item_not_found' ? null : error;
  }

  Future<ApiError?> _decrease(String lineId, int steps) async {
    for (var step = 0; step < steps; step++) {
      final error = await _patiently(() => _api.cartDecrease(lineId));
      if (error != null) return error;
    }
    return null;
  }

  Future<ApiError?> _patiently(Future<Result<void>> Function() call) async {
    for (var tries = 1; ; tries++) {
      final error = (await call()).errorOrNull;
      if (error is! TooMany || tries == _maxTries) return error;
      await Future<void>.delayed(error.retryAfter);
    }
  }
}
