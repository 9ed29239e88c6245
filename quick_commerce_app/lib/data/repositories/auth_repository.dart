/// @docImport '../../domain/models/api_error.dart';
library;

import 'package:flutter/foundation.dart';

import '../../domain/models/profile.dart';
import '../../domain/models/session.dart';
import '../../utils/result.dart';

export '../../domain/models/session.dart' show SessionEnd;

/// Who is logged in. Tells its listeners when that changes, so a router can listen to it.
abstract class AuthRepository extends ChangeNotifier {
  /// The login, or null for a guest.
  Session? get session;

  /// Whether someone is logged in.
  bool get isLoggedIn => session != null;

  /// How the last session ended; null before one has, and again after the next login.
  SessionEnd? get lastEnd;

  /// Takes up the login that the device keeps, if it is still good. Called once, before the first
  /// screen. Never fails: what can't be read is no login.
  Future<void> restore();

  /// Logs in. [Refused] with `invalid_credentials` where email or password is wrong.
  Future<Result<void>> login({required String email, required String password});

  /// Makes an account and logs in to it. Where the second half fails, or the answer to the first is
  /// lost, the same again goes on from there. [Invalid] with the wrong fields, [Refused] with
  /// `invalid_otp` or `email_already_exists`.
  Future<Result<void>> register({
    required String name,
    required String email,
    required String password,
    required String otp,
  });

  /// Ends the session.
  Future<void> logout();

  /// Who is logged in, from the shop.
  Future<Result<Profile>> profile();
}
