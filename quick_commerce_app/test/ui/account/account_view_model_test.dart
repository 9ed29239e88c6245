import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/repositories/auth_repository.dart';
import 'package:quick_commerce_app/data/services/reachability_monitor.dart';
import 'package:quick_commerce_app/ui/account/account_view_model.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../../testing/fakes/fake_auth_repository.dart';
import '../../../testing/fakes/samples.dart';

void main() {
  late FakeAuthRepository auth;
  late ReachabilityMonitor reachability;
  late AccountViewModel viewModel;

  setUp(() {
    auth = FakeAuthRepository(loggedIn: true);
    reachability = ReachabilityMonitor();
    viewModel = AccountViewModel(auth: auth, reachability: reachability);
  });

  tearDown(() {
    viewModel.dispose();
    reachability.dispose();
  });

  test('shows the logged-in user', () async {
    await viewModel.load.execute();
    expect(viewModel.profile, sampleProfile);
    expect(viewModel.error, isNull);
  });

  test('a failed refresh keeps what is shown', () async {
    await viewModel.load.execute();
    auth.profileResult = const Failed(sampleUnavailable);
    await viewModel.load.execute();
    expect(viewModel.profile, sampleProfile);
    expect(viewModel.error, sampleUnavailable);
  });

  test('loads when there is a connection again', () async {
    auth.profileResult = const Failed(sampleOffline);
    reachability.lost();
    await viewModel.load.execute();
    auth.profileResult = Ok(sampleProfile);
    reachability.reached();
    await Future<void>.delayed(Duration.zero);
    expect(viewModel.profile, sampleProfile);
  });

  test('logs out', () async {
    await viewModel.logOut();
    expect(auth.isLoggedIn, isFalse);
    expect(auth.lastEnd, SessionEnd.left);
  });
}
