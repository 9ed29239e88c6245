import 'package:flutter/foundation.dart';

import '../domain/models/api_error.dart';
import 'result.dart';

/// An action of a view model, with what a screen shows of it: whether it runs, and what it came to.
///
/// While it runs, another start does nothing: a second press is no second order. Listeners are
/// told when it starts and when it ends. Whoever makes a command disposes of it; one that ends
/// after that tells nobody.
abstract class Command<T> extends ChangeNotifier {
  bool _running = false;
  bool _disposed = false;
  Result<T>? _result;

  /// Whether the action is under way.
  bool get running => _running;

  /// What the last run came to; null before the first, while one runs, and after [clearResult].
  Result<T>? get result => _result;

  /// Whether the last run succeeded.
  bool get completed => _result is Ok<T>;

  /// What the last run failed of, or null.
  ApiError? get error => _result?.errorOrNull;

  /// Forgets the last result, once it has been shown.
  void clearResult() {
    _result = null;
    _tell();
  }

  Future<void> _run(Future<Result<T>> Function() action) async {
    if (_running) return;
    _running = true;
    _result = null;
    _tell();
    try {
      _result = await action();
    } finally {
      _running = false;
      _tell();
    }
  }

  void _tell() {
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

  /// Runs the action; returns when it has ended, at once where it is under way already.
  Future<void> execute() => _run(_action);
}

/// A command with one argument.
class Command1<T, A> extends Command<T> {
  Command1(this._action);

  final Future<Result<T>> Function(A argument) _action;

  /// Runs the action; returns when it has ended, at once where it is under way already.
  Future<void> execute(A argument) => _run(() => _action(argument));
}
