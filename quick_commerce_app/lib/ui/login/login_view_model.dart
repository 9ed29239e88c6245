import '../../data/repositories/auth_repository.dart';
import '../../utils/command.dart';
import '../../utils/result.dart';
import '../core/form_view_model.dart';
import '../core/texts.dart';
import '../core/words.dart';

/// The login.
class LoginViewModel extends FormViewModel {
  LoginViewModel({required AuthRepository auth}) : _auth = auth {
    submit = Command0<void>(_submit)..addListener(notifyListeners);
  }

  final AuthRepository _auth;
  late final Command0<void> submit;

  String _email = '';
  String _password = '';

  /// Validates the input, and logs in with it.
  Future<void> logIn({required String email, required String password}) async {
    if (submit.running || isWaiting) return;
    _email = email.trim();
    _password = password;
    final right = check({
      'email': looksLikeEmail(_email) ? '' : Texts.enterEmail,
      'password': _password.isEmpty ? Texts.enterPassword : '',
    });
    if (right) await submit.execute();
  }

  Future<Result<void>> _submit() async {
    final result = await _auth.login(email: _email, password: _password);
    final error = result.errorOrNull;
    if (error != null) fail(error, loginSentence(error));
    return result;
  }

  @override
  void dispose() {
    submit.dispose();
    super.dispose();
  }
}
