/// The error of a call to the shop. Each kind has its own message on the screen.
///
/// [requestId] is the id of the call in the shop's log, with or without an answer.
sealed class ApiError implements Exception {
  const ApiError({required this.requestId});

  final String requestId;

  /// Whether the call may have been done nevertheless: only repeating it shows the outcome.
  bool get unsure => switch (this) {
    Offline() || Unavailable() || Broken() => true,
    Refused(:final code) => code == 'request_in_progress',
    Unauthorised() || Invalid() || TooMany() => false,
  };

  @override
  String toString() => '$runtimeType($requestId)';
}

/// The shop can't be reached, or doesn't answer in time.
final class Offline extends ApiError {
  const Offline({required super.requestId, this.timedOut = false});

  /// Whether there was a connection without an answer.
  final bool timedOut;
}

/// 401: no token, or an expired one. The session has ended before a caller sees this. A
/// wrong password at the login is [Refused] with the code `invalid_credentials`.
final class Unauthorised extends ApiError {
  const Unauthorised({required super.requestId});
}

/// A refused call: 400, 403, 404, 409 and the like.
final class Refused extends ApiError {
  const Refused({
    required super.requestId,
    required this.status,
    required this.code,
    required this.detail,
    this.productIds = const [],
    this.total,
  });

  /// The HTTP status.
  final int status;

  /// The stable code of the reason, like `out_of_stock`; `status_404` and so on without one.
  final String code;

  /// The shop's message.
  final String detail;

  /// With `out_of_stock`: which products.
  final List<String> productIds;

  /// With `total_changed`: the present total of the cart, in paise.
  final int? total;
}

/// 422: all invalid fields.
final class Invalid extends ApiError {
  const Invalid({required super.requestId, required this.fields});

  final List<FieldError> fields;
}

/// 429: a rate limit. Nothing was done; retry after [retryAfter].
final class TooMany extends ApiError {
  const TooMany({required super.requestId, required this.retryAfter});

  final Duration retryAfter;
}

/// 502, 503, 504: the shop or a part of it is temporarily unavailable.
final class Unavailable extends ApiError {
  const Unavailable({required super.requestId, required this.retryAfter});

  final Duration retryAfter;
}

/// An answer that breaks the contract: another 5xx, or an unreadable body.
final class Broken extends ApiError {
  const Broken({required super.requestId, required this.status});

  final int status;
}

/// One wrong field of a 422.
final class FieldError {
  const FieldError({required this.field, required this.type, required this.message});

  /// The field's name in the call, like `email`.
  final String field;

  /// The type of the validation error, like `string_too_short`.
  final String type;

  /// The shop's message.
  final String message;
}
