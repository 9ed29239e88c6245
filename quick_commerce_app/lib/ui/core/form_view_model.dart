import 'dart:async';

import '../../domain/models/api_error.dart';
import 'view_model.dart';

/// Whether a text can be an email address, as far as an app can tell.
bool looksLikeEmail(String text) => RegExp(r'^\S+@\S+\.\S+$').hasMatch(text.trim());

/// A form: what is wrong with its fields, what is wrong with the whole, and how long the shop asks
/// to wait.
abstract class FormViewModel extends ViewModel {
  Map<String, String> _wrong = const {};
  String? _problem;
  String _requestId = '';
  int _wait = 0;
  Timer? _timer;

  /// What is wrong with a field; null where nothing is.
  String? wrongWith(String field) => _wrong[field];

  /// The first wrong field, for the focus.
  String? get firstWrong => _wrong.isEmpty ? null : _wrong.keys.first;

  /// What is wrong with the whole, in words.
  String? get problem => _problem;

  /// To ask with, where the outcome isn't known.
  String get requestId => _requestId;

  /// For how many seconds yet the shop asks to wait.
  int get secondsToWait => _wait;
  bool get isWaiting => _wait > 0;

  /// Takes what is wrong by field, an empty text for nothing; returns whether all is well.
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

  /// A field is being mended. Another account may be tried at once.
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

  /// Says what the whole failed of; where the shop asks to wait, counts down.
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
