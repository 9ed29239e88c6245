import 'dart:async';

import '../../domain/reachability.dart';

/// Whether the shop can be reached, by the results of calls.
///
/// While it can't, [probe] is called every few seconds: it makes a call, whose result is reported.
class ReachabilityMonitor extends Reachability {
  ReachabilityMonitor({this.every = const Duration(seconds: 5)});

  /// The interval of probes while the shop can't be reached.
  final Duration every;

  /// Makes a call to the shop that reports here. Set once by the owner of the API client.
  Future<void> Function()? probe;

  bool _offline = false;
  bool _isSlow = false;
  bool _disposed = false;
  Timer? _timer;

  @override
  bool get offline => _offline;

  @override
  bool get isSlow => _isSlow;

  /// Reports any answer.
  void reached() {
    if (!_offline || _disposed) return;
    _offline = false;
    _isSlow = false;
    _timer?.cancel();
    _timer = null;
    notifyListeners();
  }

  /// Reports a failed connection, or with [timedOut] no answer in time.
  void lost({bool timedOut = false}) {
    if (_disposed || _offline && _isSlow == timedOut) return;
    _offline = true;
    _isSlow = timedOut;
    _timer ??= Timer.periodic(every, (_) => unawaited(probe?.call()));
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
