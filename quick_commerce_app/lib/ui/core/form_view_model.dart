import 'dart:async';

import '../../domain/models/api_error.dart';
import 'view_model.dart';

/// Whether a text has the form of an email address.
bool looksLikeEmail(String text) => RegExp(r'^\S+@\S+\.\S+$').hasMatch(text.trim());

/// A form: the errors of its fields, the error of the whole, and the wait that the shop requests.
abstract class FormViewModel extends ViewModel {
  Map<String, String> _wrong = const {};
  String? _problem;
  String _requestId = '';
  int _wait = 0;
  Timer? _timer;

  /// The error of a field, or null.
  String? wrongWith(String field) => _wrong[field];

  /// The first wrong field, for the focus.
  String? get firstWrong => _wrong.isEmpty ? null : _wrong.keys.first;

  /// The message for the whole form.
  String? get problem => _problem;

  /// The request id, if the outcome is unknown.
  String get requestId => _requestId;

  /// The seconds left of the wait that the shop requests.
  int get secondsToWait => _wait;
  bool get isWaiting => _wait > 0;

  /// Sets the errors by field, with an empty text for none; returns whether there are none.
  bool check(Map<String, String> found) {
    _wrong = {
      for (final MapEntry(:key, :value) in found.entries)
        if (value.isNotEmpty) key: value,
    };
    _problem = null;
    _requestId = '';
    notifyListeners();
    return _wrong.isEmpty;
  }

  /// Clears the error of an edited field. Another account may be tried at once.
  void touch(String field) {
    if (field == 'email' && isWaiting) {
      _timer?.cancel();
      _wait = 0;
      notifyListeners();
    }
    if (!_wrong.containsKey(field)) return;
    _wrong = {
      for (final MapEntry(:key, :value) in _wrong.entries)
        if (key != field) key: value,
    };
    notifyListeners();
  }

  /// Shows the error of the call; counts down where the shop requests a wait.
  void fail(ApiError error, String text) {
    if (isDisposed) return;
    _problem = text;
    _requestId = error.unsure ? error.requestId : '';
    _timer?.cancel();
    _wait = 0;
    if (error is TooMany) {
      _wait = error.retryAfter.inSeconds;
      _timer = Timer.periodic(const Duration(seconds: 1), (timer) {
        _wait--;
        if (_wait <= 0) timer.cancel();
        notifyListeners();
      });
    }
    notifyListeners();
  }

  @override
  void dispose() {
    _timer?.cancel();
    super.dispose();
  }
}
