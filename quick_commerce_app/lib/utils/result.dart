import '../domain/models/api_error.dart';

/// What a call came to: a value, or what it failed of. Returned and never thrown, so that no caller
/// overlooks it.
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

  /// The value, or null where the call failed.
  T? get valueOrNull => switch (this) {
    Ok<T>(:final value) => value,
    Failed<T>() => null,
  };

  /// What the call failed of, or null where it did not.
  ApiError? get errorOrNull => switch (this) {
    Ok<T>() => null,
    Failed<T>(:final error) => error,
  };
}

/// A call that was answered as hoped.
final class Ok<T> extends Result<T> {
  const Ok(this.value);

  final T value;
}

/// A call that was refused, or not answered.
final class Failed<T> extends Result<T> {
  const Failed(this.error);

  final ApiError error;
}
