import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/repositories/auth_repository_remote.dart';
import 'package:quick_commerce_app/data/services/known_devices.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/domain/models/session.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/api_fixture.dart';
import '../../../testing/fakes/fake_shop.dart';

void main() {
  late ApiFixture fixture;
  late AuthRepositoryRemote auth;

  setUp(() {
    fixture = ApiFixture();
    auth = AuthRepositoryRemote(
      api: fixture.api,
      sessions: fixture.sessions,
      devices: KnownDevices(store: fixture.store),
    );
  });
  tearDown(() {
    auth.dispose();
    fixture.dispose();
  });

  Future<Result<void>> register() => auth.register(
    name: ' Asha ',
    email: ' asha@example.com ',
    password: ' correct horse ',
    otp: ' 1234 ',
  );

  test('a login begins a session and notifies listeners', () async {
    var notifications = 0;
    auth.addListener(() => notifications++);
    fixture.shop.always('POST /login', sampleAnswer('login'));
    final result = await auth.login(email: ' asha@example.com ', password: ' secret ');
    expect(result, isA<Ok<void>>());
    expect(auth.isLoggedIn, isTrue);
    expect(auth.session?.userId, sampleUserId);
    expect(notifications, 1);
    expect(fixture.shop.calls.single.body, {'email': 'asha@example.com', 'password': ' secret '});
  });

  test('a login sends the device id of an earlier one to the account', () async {
    final answer = {'access_token': 'token', 'user_id': sampleUserId, 'expires_in': 7200};
    for (final device in ['first', 'other', 'second']) {
      fixture.shop.next('POST /login', jsonAnswer(answer, headers: {'x-device': device}));
    }
    for (final email in ['asha@example.com', 'ravi@example.com', ' Asha@example.com']) {
      await auth.login(email: email, password: 'secret');
      await auth.logout();
    }
    final sent = fixture.shop.callsOf('POST /login').map((call) => call.headers['X-Device']);
    expect(sent, [null, null, 'first']);
  });

  test('a refused login begins no session', () async {
    fixture.shop.always('POST /login', sampleAnswer('error_invalid_credentials'));
    final result = await auth.login(email: 'asha@example.com', password: 'wrong');
    expect(result.errorOrNull, isA<Refused>());
    expect(auth.isLoggedIn, isFalse);
    expect(auth.lastEnd, isNull);
  });

  test('a sign-up logs in, and its password is sent as it is', () async {
    fixture.shop.always('POST /register', sampleAnswer('register'));
    fixture.shop.always('POST /login', sampleAnswer('login'));
    expect(await register(), isA<Ok<void>>());
    expect(auth.isLoggedIn, isTrue);
    expect(fixture.shop.calls.first.body, {
      'name': 'Asha',
      'email': 'asha@example.com',
      'password': ' correct horse ',
      'otp': '1234',
    });
  });

  test('a refused sign-up does not log in', () async {
    fixture.shop.always('POST /register', sampleAnswer('error_email_exists'));
    expect((await register()).errorOrNull, isA<Refused>());
    expect(fixture.shop.callsOf('POST /login'), isEmpty);
  });

  group('of the two calls of a sign-up,', () {
    int registrations() => fixture.shop.callsOf('POST /register').length;

    test('only the login is repeated after a successful registration', () async {
      fixture.shop.next('POST /register', sampleAnswer('register'));
      fixture.shop.next('POST /login', sampleAnswer('error_too_many'));
      fixture.shop.always('POST /register', sampleAnswer('error_email_exists'));
      fixture.shop.always('POST /login', sampleAnswer('login'));
      expect((await register()).errorOrNull, isA<TooMany>());
      expect(await register(), isA<Ok<void>>());
      expect(auth.isLoggedIn, isTrue);
      expect(registrations(), 1);
    });

    test('the registration is detected by a login after a lost answer', () async {
      fixture.shop.always('POST /register', lostAnswer);
      fixture.shop.always('POST /login', sampleAnswer('login'));
      expect(await register(), isA<Ok<void>>());
      expect(auth.isLoggedIn, isTrue);
    });

    test('the registration is repeated if the login finds no account', () async {
      fixture.shop.next('POST /register', lostAnswer);
      fixture.shop.next('POST /login', sampleAnswer('error_invalid_credentials'));
      fixture.shop.always('POST /register', sampleAnswer('register'));
      fixture.shop.always('POST /login', sampleAnswer('login'));
      expect((await register()).errorOrNull, isA<Offline>());
      expect(await register(), isA<Ok<void>>());
      expect(registrations(), 2);
    });

    test('both answers may be lost', () async {
      fixture.shop.next('POST /register', lostAnswer);
      fixture.shop.next('POST /login', lostAnswer);
      fixture.shop.always('POST /register', sampleAnswer('error_email_exists'));
      fixture.shop.always('POST /login', sampleAnswer('login'));
      expect((await register()).errorOrNull, isA<Offline>());
      expect(await register(), isA<Ok<void>>());
      expect(auth.isLoggedIn, isTrue);
    });

    test('another password or email address begins again', () async {
      fixture.shop.always('POST /register', sampleAnswer('register'));
      fixture.shop.next('POST /login', sampleAnswer('error_too_many'));
      fixture.shop.always('POST /login', sampleAnswer('login'));
      fixture.shop.next('POST /login', sampleAnswer('error_too_many'));
      await register();
      Future<void> signUp(String email, String password) async =>
          auth.register(name: 'Asha', email: email, password: password, otp: '1234');
      await signUp('asha@example.com', 'another one');
      await signUp('asha@example.org', 'another one');
      expect(registrations(), 3);
    });
  });

  test('a logout ends the session, and differs from an expiry', () async {
    fixture.logIn();
    await auth.logout();
    expect(auth.isLoggedIn, isFalse);
    expect(auth.lastEnd, SessionEnd.left);
    expect(fixture.store.entries, isEmpty);
    fixture.logIn();
    fixture.shop.always('GET /profile', sampleAnswer('error_token_over'));
    await auth.profile();
    expect(auth.lastEnd, SessionEnd.expired);
  });

  test('the profile comes from the shop', () async {
    fixture.logIn();
    fixture.shop.always('GET /profile', sampleAnswer('profile'));
    expect((await auth.profile()).valueOrNull?.name, 'Asha Rao');
  });
}
