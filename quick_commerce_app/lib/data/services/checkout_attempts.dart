import 'dart:convert';
import 'dart:math';

import '../../domain/models/cart.dart';
import '../../utils/ids.dart';
import '../../utils/json.dart';
import 'device_store.dart';

/// An attempt to order a cart: calls with its key create one order.
final class CheckoutAttempt {
  const CheckoutAttempt({
    required this.key,
    required this.userId,
    required this.content,
    required this.lines,
    required this.total,
    required this.at,
  });

  factory CheckoutAttempt.fromKept(Json kept) => CheckoutAttempt(
    key: readString(kept, 'key'),
    userId: readString(kept, 'userId'),
    content: readString(kept, 'content'),
    lines: readStrings(kept, 'lines'),
    total: readInt(kept, 'total'),
    at: readTime(kept, 'at'),
  );

  /// The idempotency key.
  final String key;
  final String userId;

  /// The ordered products and prices: another cart is another attempt.
  final String content;

  /// The ids of its lines. The shop gives each line a new one, and removes the lines that it
  /// orders.
  final List<String> lines;

  /// In paise.
  final int total;

  /// When it began, in UTC.
  final DateTime at;

  /// Whether none of its lines is in [cart]: they were ordered or removed.
  bool isGoneFrom(Cart cart) => !cart.lines.any((line) => lines.contains(line.lineId));

  /// The stored form.
  Json toKept() => {
    'key': key,
    'userId': userId,
    'content': content,
    'lines': lines,
    'total': total,
    'at': at.toIso8601String(),
  };
}

/// The open attempt, stored on the device until its order is stored, the shop has refused it, or
/// 15 minutes have passed. A device stores one attempt.
class CheckoutAttempts {
  CheckoutAttempts({
    required DeviceStore store,
    Random? random,
    DateTime Function() now = DateTime.now,
  }) : _store = store,
       _random = random ?? Random.secure(),
       _now = now;

  // The shop keeps a key for 24 hours. After this time the buyer finds the order in the list of
  // orders.
  static const Duration _goodFor = Duration(minutes: 15);

  final DeviceStore _store;
  final Random _random;
  final DateTime Function() _now;

  /// The open attempt of this cart, or a new one, stored before it is returned.
  ///
  /// Lines are compared by their ids: an order removes the lines of its cart, and a cart with the
  /// same products has new lines.
  Future<CheckoutAttempt> open(String userId, Cart cart) async {
    final content = jsonEncode([
      cart.total,
      for (final line in cart.lines) [line.lineId, line.quantity, line.price],
    ]);
    final before = await current(userId);
    if (before != null && before.content == content) return before;
    final attempt = CheckoutAttempt(
      key: randomHex(_random, 16),
      userId: userId,
      content: content,
      lines: cart.lines.map((line) => line.lineId).whereType<String>().toList(),
      total: cart.total,
      at: _now().toUtc(),
    );
    await _store.write(StoreKey.attempt, jsonEncode(attempt.toKept()));
    return attempt;
  }

  /// The user's open attempt of any cart.
  Future<CheckoutAttempt?> current(String userId) async {
    final text = await _store.read(StoreKey.attempt);
    if (text == null) return null;
    try {
      final attempt = CheckoutAttempt.fromKept(asObject(jsonDecode(text)));
      final isGood = _now().difference(attempt.at) < _goodFor;
      return attempt.userId == userId && isGood ? attempt : null;
    } on FormatException {
      return null;
    }
  }

  /// Ends an attempt. If the device has stored another one by now, that one stays.
  Future<void> close(CheckoutAttempt attempt) async {
    final kept = await current(attempt.userId);
    if (kept?.key == attempt.key) await _store.delete(StoreKey.attempt);
  }
}
