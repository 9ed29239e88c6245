import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/ui/signup/signup_view_model.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/fake_auth_repository.dart';
import '../../../testing/fakes/samples.dart';

const SignupInput _good = (
  name: 'Asha',
  email: 'asha@example.com',
  password: 'long enough',
  otp: '1234',
);

Refused _refused(String code) => Refused(requestId: 'app-1', status: 400, code: code, detail: code);

void main() {
  late FakeAuthRepository auth;
  late SignupViewModel viewModel;

  setUp(() {
    auth = FakeAuthRepository();
    viewModel = SignupViewModel(auth: auth);
  });

  tearDown(() => viewModel.dispose());

  test('validates the fields before it calls the shop', () async {
    await viewModel.signUp((name: ' ', email: 'x', password: 'short', otp: ''));
    expect(viewModel.wrongWith('name'), Texts.enterName);
    expect(viewModel.wrongWith('email'), Texts.enterEmail);
    expect(viewModel.wrongWith('password'), Texts.passwordShort);
    expect(viewModel.wrongWith('otp'), Texts.enterCode);
    expect(auth.calls, isEmpty);
  });

  test('signs up, and is logged in', () async {
    await viewModel.signUp(_good);
    expect(auth.calls, ['register asha@example.com']);
    expect(viewModel.submit.completed, isTrue);
    expect(auth.isLoggedIn, isTrue);
  });

  test('a wrong code is shown at the code', () async {
    auth.registerResult = Failed(_refused('invalid_otp'));
    await viewModel.signUp(_good);
    expect(viewModel.wrongWith('otp'), Texts.errorOtp);
    expect(viewModel.problem, isNull);
  });

  test('a taken email address is shown at the email', () async {
    auth.registerResult = Failed(_refused('email_already_exists'));
    await viewModel.signUp(_good);
    expect(viewModel.wrongWith('email'), Texts.errorEmailExists);
  });

  test('every wrong field of a 422 is shown at its field', () async {
    auth.registerResult = const Failed(
      Invalid(
        requestId: 'app-1',
        fields: [
          FieldError(field: 'email', type: 'value_error', message: 'no address'),
          FieldError(field: 'name', type: 'string_too_long', message: 'too long'),
        ],
      ),
    );
    await viewModel.signUp(_good);
    expect(viewModel.wrongWith('email'), Texts.notAnEmail);
    expect(viewModel.wrongWith('name'), Texts.fieldTooLong('Your name'));
  });

  test('an error of no field is shown above the form', () async {
    auth.registerResult = const Failed(sampleOffline);
    await viewModel.signUp(_good);
    expect(viewModel.problem, Texts.errorOffline);
    expect(viewModel.firstWrong, isNull);
  });
}
