import '../domain/models/api_error.dart';

/// The result of a call: a value or an error. It is returned and never thrown, so that no caller
/// overlooks an error.
///
/// ```dart
/// switch (await catalogue.product(id)) {
///   case Ok(:final value):
///     show(value);
///   case Failed(:final error):
///     explain(error);
/// }
/// ```
sealed class Result<T> {
  const Result();

  /// The value, or null if the call failed.
  T? get valueOrNull => switch (this) {
    Ok<T>(:final value) => value,
    Failed<T>() => null,
  };

  /// The error, or null if the call succeeded.
  ApiError? get errorOrNull => switch (this) {
    Ok<T>() => null,
    Failed<T>(:final error) => error,
  };
}

/// A successful call.
final class Ok<T> extends Result<T> {
  const Ok(this.value);

  final T value;
}

/// A failed call.
final class Failed<T> extends Result<T> {
  const Failed(this.error);

  final ApiError error;
}
