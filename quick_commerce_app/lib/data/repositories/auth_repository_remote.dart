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
    final made = await _api.register(
      name: name.trim(),
      email: email.trim(),
      password: password,
      otp: otp.trim(),
    );
    if (made is Failed<void>) return made;
    return login(email: email, password: password);
  }

  @override
  Future<void> logout() {
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
