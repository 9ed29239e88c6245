import '../../domain/models/api_error.dart';
import '../../domain/models/profile.dart';
import '../../domain/models/session.dart';
import '../../utils/result.dart';
import '../services/api_client.dart';
import '../services/known_devices.dart';
import '../services/session_service.dart';
import 'auth_repository.dart';

/// Logs in at the shop.
class AuthRepositoryRemote extends AuthRepository {
  AuthRepositoryRemote({
    required ApiClient api,
    required SessionService sessions,
    required KnownDevices devices,
  }) : _api = api,
       _sessions = sessions,
       _devices = devices {
    _sessions.addListener(notifyListeners);
  }

  final ApiClient _api;
  final SessionService _sessions;
  final KnownDevices _devices;

  /// A sign-up whose account exists or may exist. Kept in memory only, as it has a password.
  _Begun? _begun;

  @override
  Session? get session => _sessions.current;

  @override
  SessionEnd? get lastEnd => _sessions.lastEnd;

  @override
  Future<void> restore() => _sessions.restore();

  @override
  Future<Result<void>> login({required String email, required String password}) async {
    final account = email.trim();
    final device = await _devices.of(account);
    switch (await _api.login(email: account, password: password, device: device)) {
      case Ok(:final value):
        _begun = null;
        _sessions.begin(value.session);
        final known = value.device;
        if (known != null) await _devices.keep(account, known);
        return const Ok(null);
      case Failed(:final error):
        return Failed(error);
    }
  }

  @override
  Future<Result<void>> register({
    required String name,
    required String email,
    required String password,
    required String otp,
  }) async {
    final account = email.trim();
    final begun = _begun;
    final again = begun != null && begun.email == account && begun.password == password;
    if (again && begun.made) return login(email: account, password: password);
    final result = await _api.register(
      name: name.trim(),
      email: account,
      password: password,
      otp: otp.trim(),
    );
    final error = result.errorOrNull;
    if (error == null) {
      _begun = _Begun(account, password, made: true);
      return login(email: account, password: password);
    }
    final taken = error is Refused && error.code == 'email_already_exists';
    if (!error.unsure && !(again && taken)) return result;
    _begun = _Begun(account, password, made: taken);
    return _tryLogin(result, account, password);
  }

  // The account may exist although the answer was lost: a login shows it. If the login is refused,
  // the error of the sign-up is returned.
  Future<Result<void>> _tryLogin(Result<void> result, String email, String password) async {
    final entered = await login(email: email, password: password);
    if (entered.errorOrNull case Refused(code: 'invalid_credentials')) {
      _begun = null;
      return result;
    }
    return entered;
  }

  @override
  Future<void> logout() {
    _begun = null;
    _sessions.end(SessionEnd.left);
    return _sessions.kept;
  }

  @override
  Future<Result<Profile>> profile() => _api.profile();

  @override
  void dispose() {
    _sessions.removeListener(notifyListeners);
    super.dispose();
  }
}

/// A sign-up: a repeated call logs in to its account.
class _Begun {
  const _Begun(this.email, this.password, {required this.made});

  final String email;
  final String password;

  /// Whether the shop confirmed the account.
  final bool made;
}
