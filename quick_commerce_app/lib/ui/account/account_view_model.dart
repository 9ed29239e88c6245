import 'dart:async';

import '../../data/repositories/auth_repository.dart';
import '../../domain/models/api_error.dart';
import '../../domain/models/profile.dart';
import '../../domain/reachability.dart';
import '../../utils/command.dart';
import '../../utils/result.dart';
import '../core/view_model.dart';

/// The logged-in user.
class AccountViewModel extends ViewModel {
  AccountViewModel({required AuthRepository auth, required Reachability reachability})
    : _auth = auth,
      _reachability = reachability {
    load = Command0<void>(_load)..addListener(notifyListeners);
    _reachability.addListener(_lineChanged);
  }

  final AuthRepository _auth;
  final Reachability _reachability;
  late final Command0<void> load;
  Profile? _profile;

  Profile? get profile => _profile;
  ApiError? get error => load.error;

  Future<Result<void>> _load() async {
    final result = await _auth.profile();
    switch (result) {
      case Ok(:final value):
        _profile = value;
        return const Ok(null);
      case Failed(:final error):
        return Failed(error);
    }
  }

  Future<void> logOut() => _auth.logout();

  // A load that failed without a connection is retried when there is one.
  void _lineChanged() {
    if (!_reachability.offline && load.error is Offline) unawaited(load.execute());
  }

  @override
  void dispose() {
    _reachability.removeListener(_lineChanged);
    load.dispose();
    super.dispose();
  }
}
