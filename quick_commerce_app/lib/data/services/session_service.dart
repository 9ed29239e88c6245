import 'dart:async';
import 'dart:convert';

import 'package:flutter/foundation.dart';

import '../../domain/models/session.dart';
import '../../utils/json.dart';
import 'device_store.dart';

/// The session whose token calls use. Notifies its listeners when it begins and ends.
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

  /// Completes when the device has stored the current session.
  Future<void> get kept => _kept;

  /// Restores the stored login, if it is still valid.
  Future<void> restore() async {
    final text = await _store.read(StoreKey.session);
    if (text == null) return;
    final session = _parse(text);
    if (session == null || session.isOver(_now())) {
      await _store.delete(StoreKey.session);
      return;
    }
    _current = session;
    _notify();
  }

  void begin(Session session) {
    _current = session;
    _lastEnd = null;
    _keep(() => _store.write(StoreKey.session, jsonEncode(_toKept(session))));
    _notify();
  }

  /// Ends the session, if there is one.
  void end(SessionEnd reason) {
    if (_current == null) return;
    _current = null;
    _lastEnd = reason;
    _keep(() => _store.delete(StoreKey.session));
    _notify();
  }

  @override
  void dispose() {
    _disposed = true;
    super.dispose();
  }

  // An answer may arrive after the disposal of the app's objects.
  void _notify() {
    if (!_disposed) notifyListeners();
  }

  // One after the other: after a logout and a login the login must be stored.
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

/// The stored form of a session.
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
