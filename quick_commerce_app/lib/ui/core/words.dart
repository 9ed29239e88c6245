import 'package:flutter/material.dart';

import '../../domain/models/api_error.dart';
import '../../domain/models/order.dart';
import '../../domain/models/sellable.dart';
import 'texts.dart';

// The messages for the shop's answers. The sentences themselves are in Texts.

final Map<String, String> _byCode = {
  'invalid_credentials': Texts.errorCredentials,
  'email_already_exists': Texts.errorEmailExists,
  'invalid_otp': Texts.errorOtp,
  'product_not_found': Texts.errorProductGone,
  'product_not_available': Texts.errorNotAvailable,
  'quantity_limit_reached': Texts.errorQuantityLimit(maxQuantity),
  'cart_is_full': Texts.errorCartFull,
  'cart_is_empty': Texts.errorCartEmpty,
  'order_too_large': Texts.errorOrderTooLarge,
  'too_many_orders': Texts.errorTooManyOrders,
  'out_of_stock': Texts.errorOutOfStock,
  'total_changed': Texts.errorTotalChanged,
  'request_in_progress': Texts.errorInProgress,
  'order_not_found': Texts.errorNoOrder,
  'order_can_no_longer_be_cancelled': Texts.errorCancelLate,
  'forbidden': Texts.errorForbidden,
};

/// A sentence for the error of a call.
String sentence(ApiError error) => switch (error) {
  Offline(timedOut: true) => Texts.errorTimeout,
  Offline() => Texts.errorOffline,
  Unauthorised() => Texts.errorLogInAgain,
  Invalid() => Texts.errorInvalid,
  TooMany() => Texts.errorTooMany,
  Unavailable() => Texts.errorBusy,
  Broken() => Texts.errorOurSide,
  Refused(:final code, :final status) =>
    _byCode[code] ?? (status == 404 ? Texts.errorNothingHere : Texts.errorOurSide),
};

/// The same for a login or a sign-up, whose tries are limited.
String loginSentence(ApiError error) =>
    error is TooMany ? Texts.errorTooManyTries : sentence(error);

/// A sentence for one wrong field of a form.
String fieldSentence(FieldError error) {
  final label = Texts.fieldLabels[error.field] ?? error.field;
  return switch (error.type) {
    'missing' => Texts.fieldNeeded(label),
    'value_error' => error.field == 'email' ? Texts.notAnEmail : Texts.fieldNotValid(label),
    'string_too_short' =>
      error.field == 'password' ? Texts.passwordShort : Texts.fieldNeeded(label),
    'string_too_long' => Texts.fieldTooLong(label),
    _ => error.message,
  };
}

/// Whether the resource does not exist or belongs to another user, so that a retry is useless.
bool isMissing(ApiError error) => error is Refused && (error.status == 404 || error.status == 403);

/// The label of a status. An icon and a text: not colour alone.
@immutable
class StatusWords {
  const StatusWords({
    required this.label,
    required this.title,
    required this.text,
    required this.icon,
  });

  factory StatusWords.of(OrderStatus status) => switch (status) {
    OrderStatus.placed => const StatusWords(
      label: Texts.orderPlaced,
      title: 'We’ve got your order',
      text: 'The shop is about to pack it.',
      icon: Icons.receipt_long_outlined,
    ),
    OrderStatus.packed => const StatusWords(
      label: 'Packed',
      title: 'Packed and ready',
      text: 'A courier picks it up now.',
      icon: Icons.inventory_2_outlined,
    ),
    OrderStatus.outForDelivery => const StatusWords(
      label: 'Out for delivery',
      title: 'On its way to you',
      text: 'Your courier is riding.',
      icon: Icons.delivery_dining,
    ),
    OrderStatus.delivered => const StatusWords(
      label: 'Delivered',
      title: 'Delivered. Enjoy!',
      text: 'Thanks for shopping with us.',
      icon: Icons.home_outlined,
    ),
    OrderStatus.cancelled => const StatusWords(
      label: 'Cancelled',
      title: 'Order cancelled',
      text: 'Nothing will be brought, nothing is charged.',
      icon: Icons.close,
    ),
    OrderStatus.unknown => const StatusWords(
      label: 'Under way',
      title: 'Your order is under way',
      text: '',
      icon: Icons.schedule,
    ),
  };

  final String label;
  final String title;
  final String text;
  final IconData icon;
}

/// "Only 3 left" for a small stock, else empty.
String stockHint(Sellable product, int quantity) {
  if (!product.available) return Texts.notAvailable;
  if (product.stock == 0) return Texts.outOfStock;
  final scarce = product.stock <= lowStock || quantity >= product.stock;
  return scarce ? Texts.onlyLeft(product.stock) : '';
}

/// "milk", "milk and bread", "milk, bread and rice".
String listed(List<String> names) {
  if (names.length < 2) return names.join();
  return '${names.sublist(0, names.length - 1).join(', ')} and ${names.last}';
}
