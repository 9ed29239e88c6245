import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/services/device_store.dart';
import 'package:quick_commerce_app/data/services/session_service.dart';
import 'package:quick_commerce_app/domain/models/session.dart';

import '../../../testing/fakes/api_fixture.dart';
import '../../../testing/fakes/memory_store.dart';
import '../../../testing/fakes/samples.dart';

void main() {
  late MemoryStore store;
  late ApiFixture fixture;

  setUp(() {
    store = MemoryStore();
    fixture = ApiFixture(store: store);
  });
  tearDown(() => fixture.dispose());

  /// The app, started once more on the same device.
  Future<ApiFixture> restarted({Duration after = Duration.zero}) async {
    final next = ApiFixture(store: store)..now = fixture.now.add(after);
    addTearDown(next.dispose);
    await next.sessions.restore();
    return next;
  }

  test('a login is restored after a restart of the app', () async {
    fixture.logIn();
    await fixture.sessions.kept;
    final next = await restarted();
    expect(next.sessions.current?.token, 'token');
    expect(next.sessions.current?.userId, sampleUserId);
  });

  test('an expired login is removed', () async {
    fixture.logIn();
    await fixture.sessions.kept;
    final next = await restarted(after: const Duration(hours: 3));
    expect(next.sessions.current, isNull);
    expect(store.entries, isEmpty);
  });

  test('an unreadable login is ignored', () async {
    store.entries[StoreKey.session] = '{"token": 1}';
    expect((await restarted()).sessions.current, isNull);
    store.entries[StoreKey.session] = 'not JSON';
    expect((await restarted()).sessions.current, isNull);
  });

  test('an end is notified once, with its reason, and stored', () async {
    fixture.logIn();
    final notifications = <SessionEnd?>[];
    fixture.sessions
      ..addListener(() => notifications.add(fixture.sessions.lastEnd))
      ..end(SessionEnd.left)
      ..end(SessionEnd.expired);
    expect(notifications, [SessionEnd.left]);
    await fixture.sessions.kept;
    expect((await restarted()).sessions.current, isNull);
  });

  test('an answer after the disposal notifies no listener', () async {
    final sessions = SessionService(store: store)..begin(sampleSession);
    sessions.dispose();
    sessions.end(SessionEnd.expired);
    await sessions.kept;
    expect(sessions.current, isNull);
    expect(store.entries, isEmpty);
  });

  test('a login right after a logout is stored', () async {
    fixture.logIn(token: 'old');
    fixture.sessions.end(SessionEnd.left);
    fixture.logIn(token: 'new');
    await fixture.sessions.kept;
    expect(fixture.sessions.lastEnd, isNull);
    expect((await restarted()).sessions.current?.token, 'new');
  });
}
