import 'dart:async';
import 'dart:convert';

import 'package:flutter/foundation.dart';

import '../../domain/models/session.dart';
import '../../utils/json.dart';
import 'device_store.dart';

/// The login that calls are made with. Tells its listeners when it begins and ends.
class SessionService extends ChangeNotifier {
  SessionService({required DeviceStore store, DateTime Function() now = DateTime.now})
    : _store = store,
      _now = now;

  final DeviceStore _store;
  final DateTime Function() _now;
  Session? _current;
  SessionEnd? _lastEnd;
  bool _disposed = false;
  Future<void> _kept = Future.value();

  /// The login; null for a guest.
  Session? get current => _current;

  /// How the last one ended; null before one has, and again after the next login.
  SessionEnd? get lastEnd => _lastEnd;

  /// Done when the device keeps what is current.
  Future<void> get kept => _kept;

  /// Takes up the login that the device keeps, if it is still good.
  Future<void> restore() async {
    final text = await _store.read(StoreKey.session);
    if (text == null) return;
    final session = _parse(text);
    if (session == null || session.isOver(_now())) {
      await _store.delete(StoreKey.session);
      return;
    }
    _current = session;
    _tell();
  }

  void begin(Session session) {
    _current = session;
    _lastEnd = null;
    _keep(() => _store.write(StoreKey.session, jsonEncode(_toKept(session))));
    _tell();
  }

  /// Ends the session, if there is one.
  void end(SessionEnd reason) {
    if (_current == null) return;
    _current = null;
    _lastEnd = reason;
    _keep(() => _store.delete(StoreKey.session));
    _tell();
  }

  @override
  void dispose() {
    _disposed = true;
    super.dispose();
  }

  // A call's answer may come after the end of the app's objects.
  void _tell() {
    if (!_disposed) notifyListeners();
  }

  // One after the other: a login right after a logout must be what stays.
  void _keep(Future<void> Function() change) {
    _kept = _kept.then((_) => change());
    unawaited(_kept);
  }

  Session? _parse(String text) {
    try {
      return _fromKept(asObject(jsonDecode(text)));
    } on FormatException {
      return null;
    }
  }
}

/// A session as the device keeps it.
Json _toKept(Session session) => {
  'token': session.token,
  'userId': session.userId,
  'expiresAt': session.expiresAt.toIso8601String(),
};

/// From what [_toKept] made.
Session _fromKept(Json kept) => Session(
  token: readString(kept, 'token'),
  userId: readString(kept, 'userId'),
  expiresAt: readTime(kept, 'expiresAt'),
);
