import 'package:fake_async/fake_async.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/ui/login/login_view_model.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/fake_auth_repository.dart';
import '../../../testing/fakes/samples.dart';

void main() {
  late FakeAuthRepository auth;
  late LoginViewModel viewModel;

  setUp(() {
    auth = FakeAuthRepository();
    viewModel = LoginViewModel(auth: auth);
  });

  test('validates the fields before it calls the shop', () async {
    await viewModel.logIn(email: 'nobody', password: '');
    expect(viewModel.wrongWith('email'), Texts.enterEmail);
    expect(viewModel.wrongWith('password'), Texts.enterPassword);
    expect(viewModel.firstWrong, 'email');
    expect(auth.calls, isEmpty);
  });

  test('an edited field has no error', () async {
    await viewModel.logIn(email: '', password: '');
    viewModel.touch('email');
    expect(viewModel.wrongWith('email'), isNull);
    expect(viewModel.firstWrong, 'password');
  });

  test('logs in with a trimmed address and the password as it is', () async {
    await viewModel.logIn(email: ' asha@example.com ', password: ' secret ');
    expect(auth.calls, ['login asha@example.com']);
    expect(viewModel.submit.completed, isTrue);
    expect(viewModel.problem, isNull);
  });

  test('shows that email or password is wrong', () async {
    auth.loginResult = const Failed(
      Refused(
        requestId: 'app-1',
        status: 401,
        code: 'invalid_credentials',
        detail: 'Invalid credentials',
      ),
    );
    await viewModel.logIn(email: 'asha@example.com', password: 'wrong');
    expect(viewModel.problem, Texts.errorCredentials);
    expect(viewModel.requestId, isEmpty);
    expect(viewModel.submit.completed, isFalse);
  });

  test('shows the request id if the outcome is unknown', () async {
    auth.loginResult = const Failed(sampleUnavailable);
    await viewModel.logIn(email: 'asha@example.com', password: 'secret');
    expect(viewModel.problem, Texts.errorBusy);
    expect(viewModel.requestId, sampleUnavailable.requestId);
  });

  test('a rate limit is counted down without calls', () {
    fakeAsync((async) {
      auth.loginResult = const Failed(sampleTooMany);
      viewModel.logIn(email: 'asha@example.com', password: 'secret');
      async.flushMicrotasks();
      expect(viewModel.secondsToWait, 2);
      expect(viewModel.problem, Texts.errorTooManyTries);
      viewModel.logIn(email: 'asha@example.com', password: 'secret');
      async.flushMicrotasks();
      expect(auth.calls, hasLength(1));
      async.elapse(const Duration(seconds: 2));
      expect(viewModel.isWaiting, isFalse);
      viewModel.dispose();
    });
  });

  test('another account may be tried without the wait', () async {
    auth.loginResult = const Failed(sampleTooMany);
    await viewModel.logIn(email: 'asha@example.com', password: 'secret');
    viewModel.touch('password');
    expect(viewModel.isWaiting, isTrue);
    viewModel.touch('email');
    expect(viewModel.isWaiting, isFalse);
    await viewModel.logIn(email: 'ravi@example.com', password: 'secret');
    expect(auth.calls, hasLength(2));
    viewModel.dispose();
  });

  test('an answer after the disposal notifies no listener', () async {
    final pending = viewModel.logIn(email: 'asha@example.com', password: 'secret');
    viewModel.dispose();
    await pending;
    expect(viewModel.isDisposed, isTrue);
  });
}
