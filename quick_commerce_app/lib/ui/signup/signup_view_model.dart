import '../../data/repositories/auth_repository.dart';
import '../../domain/models/api_error.dart';
import '../../utils/command.dart';
import '../../utils/result.dart';
import '../core/form_view_model.dart';
import '../core/texts.dart';
import '../core/words.dart';

/// The fields of a sign-up.
typedef SignupInput = ({String name, String email, String password, String otp});

/// The sign-up, which logs in at once.
class SignupViewModel extends FormViewModel {
  SignupViewModel({required AuthRepository auth}) : _auth = auth {
    submit = Command1<void, SignupInput>(_submit)..addListener(notifyListeners);
  }

  static const int _passwordMin = 8;

  final AuthRepository _auth;
  late final Command1<void, SignupInput> submit;

  /// Validates the input, and signs up with it.
  Future<void> signUp(SignupInput input) async {
    if (submit.running || isWaiting) return;
    final right = check({
      'name': input.name.trim().isEmpty ? Texts.enterName : '',
      'email': looksLikeEmail(input.email) ? '' : Texts.enterEmail,
      // Counted in characters, as the shop does, not in UTF-16.
      'password': input.password.runes.length < _passwordMin ? Texts.passwordShort : '',
      'otp': input.otp.trim().isEmpty ? Texts.enterCode : '',
    });
    if (right) await submit.execute(input);
  }

  Future<Result<void>> _submit(SignupInput input) async {
    final result = await _auth.register(
      name: input.name.trim(),
      email: input.email.trim(),
      password: input.password,
      otp: input.otp.trim(),
    );
    final error = result.errorOrNull;
    if (error != null) _explain(error);
    return result;
  }

  /// An error of a field is shown at the field, others above the form.
  void _explain(ApiError error) {
    final wrong = switch (error) {
      Invalid(:final fields) => {
        for (final field in fields)
          if (_fields.contains(field.field)) field.field: fieldSentence(field),
      },
      Refused(code: 'invalid_otp') => {'otp': sentence(error)},
      Refused(code: 'email_already_exists') => {'email': sentence(error)},
      _ => const <String, String>{},
    };
    if (check(wrong)) fail(error, loginSentence(error));
  }

  static const Set<String> _fields = {'name', 'email', 'password', 'otp'};

  @override
  void dispose() {
    submit.dispose();
    super.dispose();
  }
}
