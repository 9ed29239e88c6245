/// @docImport '../../domain/models/api_error.dart';
library;

import 'package:flutter/foundation.dart';

import '../../domain/models/profile.dart';
import '../../domain/models/session.dart';
import '../../utils/result.dart';

export '../../domain/models/session.dart' show SessionEnd;

/// The logged-in user. Notifies its listeners of changes, so that a router can listen to it.
abstract class AuthRepository extends ChangeNotifier {
  /// The login, or null for a guest.
  Session? get session;

  /// Whether someone is logged in.
  bool get isLoggedIn => session != null;

  /// How the last session ended; null before one has, and again after the next login.
  SessionEnd? get lastEnd;

  /// Restores the stored login, if it is still valid. Called once, before the first screen. Never
  /// fails: an unreadable login is ignored.
  Future<void> restore();

  /// Logs in. [Refused] with `invalid_credentials` if email or password is wrong.
  Future<Result<void>> login({required String email, required String password});

  /// Creates an account and logs in to it. If the login fails, or the answer to the registration is
  /// lost, a repeated call continues from there. [Invalid] with the wrong fields, [Refused] with
  /// `invalid_otp` or `email_already_exists`.
  Future<Result<void>> register({
    required String name,
    required String email,
    required String password,
    required String otp,
  });

  /// Ends the session.
  Future<void> logout();

  /// The profile of the logged-in user, from the shop.
  Future<Result<Profile>> profile();
}
