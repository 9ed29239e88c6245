import 'dart:async';

import 'package:http/http.dart' as http;
import 'package:provider/provider.dart';
import 'package:provider/single_child_widget.dart';

import '../data/repositories/address_repository.dart';
import '../data/repositories/auth_repository.dart';
import '../data/repositories/auth_repository_remote.dart';
import '../data/repositories/cart_repository.dart';
import '../data/repositories/cart_repository_remote.dart';
import '../data/repositories/catalogue_repository.dart';
import '../data/repositories/catalogue_repository_remote.dart';
import '../data/repositories/order_repository.dart';
import '../data/repositories/order_repository_remote.dart';
import '../data/repositories/tracking_repository.dart';
import '../data/repositories/tracking_repository_remote.dart';
import '../data/services/api_client.dart';
import '../data/services/app_activity.dart';
import '../data/services/checkout_attempts.dart';
import '../data/services/device_store.dart';
import '../data/services/install_mark.dart';
import '../data/services/known_devices.dart';
import '../data/services/reachability_monitor.dart';
import '../data/services/session_service.dart';
import '../domain/reachability.dart';

/// All repositories and services, created once. Needs a binding: `WidgetsFlutterBinding` first.
class Dependencies {
  Dependencies({http.Client? client, DeviceStore? store, InstallMark? mark})
    : _client = client ?? http.Client(),
      _store = store ?? SecureStore(),
      _mark = mark;

  final http.Client _client;
  final DeviceStore _store;
  final InstallMark? _mark;

  late final ApiAddress address = ApiAddress(store: _store);
  late final SessionService _sessions = SessionService(store: _store);
  late final ReachabilityMonitor reachability = ReachabilityMonitor();
  late final AppActivity _activity = AppActivity();
  late final ApiClient _api = ApiClient(
    client: _client,
    address: () => address.value,
    sessions: _sessions,
    reachability: reachability,
  );

  late final AuthRepository auth = AuthRepositoryRemote(
    api: _api,
    sessions: _sessions,
    devices: KnownDevices(store: _store),
  );
  late final CatalogueRepository catalogue = CatalogueRepositoryRemote(api: _api);
  late final CartRepository cart = CartRepositoryRemote(
    api: _api,
    sessions: _sessions,
    reachability: reachability,
    foreground: _activity,
  );
  late final OrderRepository orders = OrderRepositoryRemote(
    api: _api,
    sessions: _sessions,
    attempts: CheckoutAttempts(store: _store),
    store: _store,
  );
  late final TrackingRepository tracking = TrackingRepositoryRemote(
    api: _api,
    foreground: _activity,
  );

  /// Restores the stored state of the device: the address first, as the login belongs to it.
  Future<void> restore() async {
    if (_mark case final mark?) await forgetEarlierInstall(_store, mark);
    await address.restore();
    await auth.restore();
    address.addListener(_onAddress);
    reachability.probe = _probe;
  }

  /// For a `MultiProvider` above the app. This object keeps ownership and disposes of them.
  List<SingleChildWidget> get providers => [
    ChangeNotifierProvider<ApiAddress>.value(value: address),
    ChangeNotifierProvider<Reachability>.value(value: reachability),
    ChangeNotifierProvider<AuthRepository>.value(value: auth),
    Provider<CatalogueRepository>.value(value: catalogue),
    ChangeNotifierProvider<CartRepository>.value(value: cart),
    Provider<OrderRepository>.value(value: orders),
    Provider<TrackingRepository>.value(value: tracking),
  ];

  /// Disposes of everything in reverse order of dependency.
  void dispose() {
    address.removeListener(_onAddress);
    cart.dispose();
    auth.dispose();
    _activity.dispose();
    reachability.dispose();
    _sessions.dispose();
    address.dispose();
    _client.close();
  }

  // Another address is another shop with other users and products.
  void _onAddress() {
    unawaited(auth.logout());
    catalogue.forget(all: true);
  }

  Future<void> _probe() async {
    if (_activity.value) await _api.health();
  }
}
