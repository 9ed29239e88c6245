import 'package:quick_commerce_app/data/repositories/auth_repository.dart';
import 'package:quick_commerce_app/domain/models/profile.dart';
import 'package:quick_commerce_app/domain/models/session.dart';
import 'package:quick_commerce_app/utils/result.dart';

import 'samples.dart';

/// Accepts every login, unless a failure is set.
class FakeAuthRepository extends AuthRepository {
  FakeAuthRepository({bool loggedIn = false}) : _session = loggedIn ? sampleSession : null;

  Session? _session;
  SessionEnd? _lastEnd;

  /// The results of the next calls of each kind.
  Result<void> loginResult = const Ok(null);
  Result<void> registerResult = const Ok(null);
  Result<Profile> profileResult = Ok(sampleProfile);

  /// The calls so far: names, with the email if there is one.
  final List<String> calls = [];

  @override
  Session? get session => _session;

  @override
  SessionEnd? get lastEnd => _lastEnd;

  @override
  Future<void> restore() async {}

  @override
  Future<Result<void>> login({required String email, required String password}) async {
    calls.add('login $email');
    return _enter(loginResult);
  }

  @override
  Future<Result<void>> register({
    required String name,
    required String email,
    required String password,
    required String otp,
  }) async {
    calls.add('register $email');
    return _enter(registerResult);
  }

  @override
  Future<void> logout() async {
    calls.add('logout');
    end(SessionEnd.left);
  }

  @override
  Future<Result<Profile>> profile() async => profileResult;

  /// Ends the session, as a 401 would.
  void end(SessionEnd reason) {
    _session = null;
    _lastEnd = reason;
    notifyListeners();
  }

  Result<void> _enter(Result<void> result) {
    if (result is Ok<void>) {
      _session = sampleSession;
      _lastEnd = null;
      notifyListeners();
    }
    return result;
  }
}
