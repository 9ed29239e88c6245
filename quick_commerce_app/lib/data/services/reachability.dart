import 'dart:async';

import 'package:flutter/foundation.dart';

/// Whether the shop can be reached, as the calls find it. Tells its listeners when that changes.
///
/// While it can't, [probe] is called every few seconds: it makes a call, which finds out.
class Reachability extends ChangeNotifier {
  Reachability({this.every = const Duration(seconds: 5)});

  /// How often it is tried while the shop can't be reached.
  final Duration every;

  /// Makes a call to the shop that reports here. Set once, by whoever has the calls.
  Future<void> Function()? probe;

  bool _offline = false;
  bool _disposed = false;
  Timer? _timer;

  bool get offline => _offline;

  /// There was an answer, whichever.
  void reached() {
    if (!_offline || _disposed) return;
    _offline = false;
    _timer?.cancel();
    _timer = null;
    notifyListeners();
  }

  /// There was none.
  void lost() {
    if (_offline || _disposed) return;
    _offline = true;
    _timer = Timer.periodic(every, (_) => unawaited(probe?.call()));
    notifyListeners();
  }

  @override
  void dispose() {
    // A call may still end after that.
    _disposed = true;
    _timer?.cancel();
    super.dispose();
  }
}
