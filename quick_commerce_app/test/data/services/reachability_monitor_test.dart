import 'package:fake_async/fake_async.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/services/reachability_monitor.dart';

void main() {
  test('an unreachable shop is probed every few seconds', () {
    fakeAsync((async) {
      final reachability = ReachabilityMonitor(every: const Duration(seconds: 5));
      var probes = 0;
      final seen = <bool>[];
      reachability.addListener(() => seen.add(reachability.offline));
      reachability.probe = () async {
        probes++;
        if (probes == 3) reachability.reached();
      };
      async.elapse(const Duration(minutes: 1));
      expect(probes, 0);
      reachability
        ..lost()
        ..lost();
      async.elapse(const Duration(minutes: 1));
      expect(probes, 3);
      expect(seen, [true, false]);
      reachability.lost();
      reachability.dispose();
      expect(async.pendingTimers, isEmpty);
    });
  });

  test('a timeout differs from a failed connection', () {
    fakeAsync((async) {
      final reachability = ReachabilityMonitor();
      var notifications = 0;
      reachability
        ..addListener(() => notifications++)
        ..lost(timedOut: true);
      expect((reachability.offline, reachability.isSlow), (true, true));
      reachability
        ..lost()
        ..lost();
      expect((reachability.offline, reachability.isSlow, notifications), (true, false, 2));
      reachability.dispose();
    });
  });

  test('a call that ends after its disposal starts nothing', () {
    fakeAsync((async) {
      final reachability = ReachabilityMonitor()..dispose();
      reachability
        ..lost()
        ..reached();
      expect(reachability.offline, isFalse);
      expect(async.pendingTimers, isEmpty);
    });
  });
}
