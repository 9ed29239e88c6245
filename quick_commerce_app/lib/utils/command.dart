import 'package:flutter/foundation.dart';

import '../domain/models/api_error.dart';
import 'result.dart';

/// An action of a view model, with the state that a screen shows: whether it runs, and its result.
///
/// While it runs, another start does nothing: a second press is no second order. Listeners are
/// notified when it starts and when it ends. The creator of a command disposes of it; a command
/// that ends after that notifies no listener.
abstract class Command<T> extends ChangeNotifier {
  bool _running = false;
  bool _disposed = false;
  Result<T>? _result;

  /// Whether the action is running.
  bool get running => _running;

  /// The result of the last run; null before the first, while one runs, and after [clearResult].
  Result<T>? get result => _result;

  /// Whether the last run succeeded.
  bool get completed => _result is Ok<T>;

  /// The error of the last run, or null.
  ApiError? get error => _result?.errorOrNull;

  /// Clears the last result after it was shown.
  void clearResult() {
    _result = null;
    _notify();
  }

  Future<void> _run(Future<Result<T>> Function() action) async {
    if (_running) return;
    _running = true;
    _result = null;
    _notify();
    try {
      _result = await action();
    } finally {
      _running = false;
      _notify();
    }
  }

  void _notify() {
    if (!_disposed) notifyListeners();
  }

  @override
  void dispose() {
    _disposed = true;
    super.dispose();
  }
}

/// A command that needs no argument.
class Command0<T> extends Command<T> {
  Command0(this._action);

  final Future<Result<T>> Function() _action;

  /// Runs the action; returns when it has ended, or at once if it is running already.
  Future<void> execute() => _run(_action);
}

/// A command with one argument.
class Command1<T, A> extends Command<T> {
  Command1(this._action);

  final Future<Result<T>> Function(A argument) _action;

  /// Runs the action; returns when it has ended, or at once if it is running already.
  Future<void> execute(A argument) => _run(() => _action(argument));
}
