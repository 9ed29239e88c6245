/// What a call to the shop failed of. Each kind has its own words on the screen.
///
/// [requestId] is the id under which the call stands in the shop's log, with or without an answer.
sealed class ApiError implements Exception {
  const ApiError({required this.requestId});

  final String requestId;

  /// Whether the shop may have done it all the same: only the same call again can tell.
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

  /// Whether there was a connection, and no answer.
  final bool timedOut;
}

/// 401: no token, or one that is over. The session has ended by the time a caller sees this. A
/// wrong password at the login is [Refused] with the code `invalid_credentials`.
final class Unauthorised extends ApiError {
  const Unauthorised({required super.requestId});
}

/// The shop understood, and won't: 400, 403, 404, 409 and the like.
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

  /// The stable word for the reason, like `out_of_stock`; `status_404` and so on where there is
  /// none.
  final String code;

  /// The shop's own sentence.
  final String detail;

  /// With `out_of_stock`: which products.
  final List<String> productIds;

  /// With `total_changed`: what the cart costs now, in paise.
  final int? total;
}

/// 422: fields that the shop can't take, all at once.
final class Invalid extends ApiError {
  const Invalid({required super.requestId, required this.fields});

  final List<FieldError> fields;
}

/// 429: too much at once. Nothing was done; again after [retryAfter].
final class TooMany extends ApiError {
  const TooMany({required super.requestId, required this.retryAfter});

  final Duration retryAfter;
}

/// 502, 503, 504: the shop, or a part of it, is away for a moment.
final class Unavailable extends ApiError {
  const Unavailable({required super.requestId, required this.retryAfter});

  final Duration retryAfter;
}

/// An answer that isn't what was agreed on: another 5xx, or a body that can't be read.
final class Broken extends ApiError {
  const Broken({required super.requestId, required this.status});

  final int status;
}

/// One wrong field of a 422.
final class FieldError {
  const FieldError({required this.field, required this.type, required this.message});

  /// The field's name in the call, like `email`.
  final String field;

  /// The kind of fault, like `string_too_short`.
  final String type;

  /// The shop's own words.
  final String message;
}
