import 'package:flutter/foundation.dart';
import 'package:quick_commerce_app/data/services/api_client.dart';
import 'package:quick_commerce_app/data/services/reachability_monitor.dart';
import 'package:quick_commerce_app/data/services/session_service.dart';
import 'package:quick_commerce_app/domain/models/session.dart';

import 'fake_shop.dart';
import 'memory_store.dart';

/// The user of the recorded answers.
const String sampleUserId = '000000000000000000000001';

/// The real services before a fake shop.
class ApiFixture {
  ApiFixture({MemoryStore? store}) : store = store ?? MemoryStore();

  final FakeShop shop = FakeShop();
  final MemoryStore store;

  /// The time of the clocks.
  DateTime now = DateTime.utc(2026, 1, 5, 9);

  final ValueNotifier<bool> foreground = ValueNotifier(true);
  final ReachabilityMonitor reachability = ReachabilityMonitor();
  late final SessionService sessions = SessionService(store: store, now: () => now);
  late final ApiClient api = ApiClient(
    client: shop.client,
    address: () => Uri.parse('http://shop.test:8080'),
    sessions: sessions,
    reachability: reachability,
    now: () => now,
  );

  void logIn({String userId = sampleUserId, String token = 'token'}) => sessions.begin(
    Session(token: token, userId: userId, expiresAt: now.add(const Duration(hours: 2))),
  );

  void dispose() {
    reachability.dispose();
    sessions.dispose();
    foreground.dispose();
  }
}
