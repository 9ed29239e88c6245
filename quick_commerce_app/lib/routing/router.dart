import 'package:flutter/material.dart';
import 'package:go_router/go_router.dart';
import 'package:provider/provider.dart';

import '../data/repositories/address_repository.dart';
import '../data/repositories/auth_repository.dart';
import '../ui/account/account_screen.dart';
import '../ui/account/account_view_model.dart';
import '../ui/cart/cart_screen.dart';
import '../ui/cart/cart_view_model.dart';
import '../ui/confirmation/confirmation_screen.dart';
import '../ui/confirmation/confirmation_view_model.dart';
import '../ui/core/view_model.dart';
import '../ui/home/home_screen.dart';
import '../ui/home/home_view_model.dart';
import '../ui/login/login_screen.dart';
import '../ui/login/login_view_model.dart';
import '../ui/lost/lost_screen.dart';
import '../ui/orders/orders_screen.dart';
import '../ui/orders/orders_view_model.dart';
import '../ui/product/product_screen.dart';
import '../ui/product/product_view_model.dart';
import '../ui/settings/settings_screen.dart';
import '../ui/settings/settings_view_model.dart';
import '../ui/signup/signup_screen.dart';
import '../ui/signup/signup_view_model.dart';
import '../ui/tracking/tracking_screen.dart';
import '../ui/tracking/tracking_view_model.dart';
import 'routes.dart';

/// The app's screens by their addresses. All are above the home screen, so that Back works on each,
/// even if its address was opened directly.
GoRouter createRouter(AuthRepository auth, {String initialLocation = Routes.home}) => GoRouter(
  initialLocation: initialLocation,
  refreshListenable: auth,
  redirect: (context, state) => redirectFor(auth, state.uri),
  errorBuilder: (context, state) => const LostScreen(),
  routes: [
    GoRoute(
      path: Routes.home,
      builder: _home,
      routes: [
        _child(Routes.login, _login),
        _child(Routes.signup, _signup),
        _child(Routes.product, _product),
        _child(Routes.cart, _cart),
        _child(Routes.orders, _orders),
        _child(Routes.confirmed, _confirmed),
        _child(Routes.tracking, _tracking),
        _child(Routes.account, _account),
        _child(Routes.settings, _settings),
      ],
    ),
  ],
);

/// Redirects: guests from private screens to the login, which returns to them; logged-in users from
/// the login to its target.
String? redirectFor(AuthRepository auth, Uri uri) {
  final loggedIn = auth.isLoggedIn;
  if (!loggedIn && Routes.isOwn(uri.path)) return Routes.withNext(Routes.login, Routes.here(uri));
  if (loggedIn && (uri.path == Routes.login || uri.path == Routes.signup)) {
    return Routes.destination(uri.queryParameters['next']);
  }
  return null;
}

// The path of a nested route has no leading slash.
GoRoute _child(String path, GoRouterWidgetBuilder builder) =>
    GoRoute(path: path.substring(1), builder: builder);

// Another address is another shop with a new home screen. Another category is not.
Widget _home(BuildContext context, GoRouterState state) {
  final category = state.uri.queryParameters['category'];
  final shop = context.watch<ApiAddress>().value;
  return ViewModelScope<HomeViewModel>(
    key: ValueKey(shop),
    create: (context) => HomeViewModel(
      catalogue: context.read(),
      orders: context.read(),
      auth: context.read(),
      reachability: context.read(),
      category: category,
    ),
    builder: (context, viewModel) => HomeScreen(viewModel: viewModel, category: category),
  );
}

Widget _login(BuildContext context, GoRouterState state) => ViewModelScope<LoginViewModel>(
  create: (context) => LoginViewModel(auth: context.read()),
  builder: (context, viewModel) =>
      LoginScreen(viewModel: viewModel, next: state.uri.queryParameters['next']),
);

Widget _signup(BuildContext context, GoRouterState state) => ViewModelScope<SignupViewModel>(
  create: (context) => SignupViewModel(auth: context.read()),
  builder: (context, viewModel) =>
      SignupScreen(viewModel: viewModel, next: state.uri.queryParameters['next']),
);

Widget _product(BuildContext context, GoRouterState state) {
  final id = state.pathParameters['id'] ?? '';
  return ViewModelScope<ProductViewModel>(
    key: ValueKey(id),
    create: (context) =>
        ProductViewModel(productId: id, catalogue: context.read(), reachability: context.read()),
    builder: (context, viewModel) => ProductScreen(viewModel: viewModel),
  );
}

Widget _cart(BuildContext context, GoRouterState state) => ViewModelScope<CartViewModel>(
  create: (context) => CartViewModel(
    cart: context.read(),
    orders: context.read(),
    catalogue: context.read(),
    auth: context.read(),
  ),
  builder: (context, viewModel) => CartScreen(viewModel: viewModel),
);

Widget _orders(BuildContext context, GoRouterState state) => ViewModelScope<OrdersViewModel>(
  create: (context) => OrdersViewModel(
    orders: context.read(),
    cart: context.read(),
    catalogue: context.read(),
    reachability: context.read(),
  ),
  builder: (context, viewModel) => OrdersScreen(viewModel: viewModel),
);

Widget _confirmed(BuildContext context, GoRouterState state) {
  final id = state.pathParameters['id'] ?? '';
  return ViewModelScope<ConfirmationViewModel>(
    key: ValueKey(id),
    create: (context) =>
        ConfirmationViewModel(orderId: id, orders: context.read(), reachability: context.read()),
    builder: (context, viewModel) => ConfirmationScreen(viewModel: viewModel),
  );
}

Widget _tracking(BuildContext context, GoRouterState state) {
  final id = state.pathParameters['id'] ?? '';
  return ViewModelScope<TrackingViewModel>(
    key: ValueKey(id),
    create: (context) => TrackingViewModel(
      orderId: id,
      orders: context.read(),
      tracking: context.read(),
      reachability: context.read(),
    ),
    builder: (context, viewModel) => TrackingScreen(viewModel: viewModel),
  );
}

Widget _account(BuildContext context, GoRouterState state) => ViewModelScope<AccountViewModel>(
  create: (context) => AccountViewModel(auth: context.read(), reachability: context.read()),
  builder: (context, viewModel) => AccountScreen(viewModel: viewModel),
);

Widget _settings(BuildContext context, GoRouterState state) => ViewModelScope<SettingsViewModel>(
  create: (context) => SettingsViewModel(address: context.read()),
  builder: (context, viewModel) => SettingsScreen(viewModel: viewModel),
);
