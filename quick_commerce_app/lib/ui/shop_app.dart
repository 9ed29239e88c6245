import 'dart:async';

import 'package:flutter/material.dart';
import 'package:flutter_localizations/flutter_localizations.dart';
import 'package:go_router/go_router.dart';
import 'package:provider/provider.dart';

import '../data/repositories/auth_repository.dart';
import '../data/repositories/cart_repository.dart';
import '../domain/models/cart.dart';
import '../routing/router.dart';
import '../routing/routes.dart';
import 'core/basket_view_model.dart';
import 'core/texts.dart';
import 'core/theme.dart';
import 'core/widgets/messages.dart';
import 'core/words.dart';

/// The app below its dependencies: themes, routes, and messages of any screen.
class ShopApp extends StatefulWidget {
  const ShopApp({super.key, this.initialLocation = Routes.home});

  final String initialLocation;

  @override
  State<ShopApp> createState() => _ShopAppState();
}

class _ShopAppState extends State<ShopApp> {
  final GlobalKey<ScaffoldMessengerState> _messenger = GlobalKey<ScaffoldMessengerState>();
  late final AuthRepository _auth;
  late final GoRouter _router;
  late final BasketViewModel _basket;
  late final StreamSubscription<CartRefusal> _refusals;
  bool _wasLoggedIn = false;

  @override
  void initState() {
    super.initState();
    _auth = context.read<AuthRepository>();
    final cart = context.read<CartRepository>();
    _basket = BasketViewModel(cart: cart, auth: _auth);
    _wasLoggedIn = _auth.isLoggedIn;
    // Before the router listens, which may then show another screen.
    _auth.addListener(_sessionChanged);
    _router = createRouter(_auth, initialLocation: widget.initialLocation);
    _refusals = cart.refusals.listen(_refused);
  }

  @override
  void dispose() {
    _auth.removeListener(_sessionChanged);
    unawaited(_refusals.cancel());
    _basket.dispose();
    _router.dispose();
    super.dispose();
  }

  // A session that expires opens the login on private screens, which returns there.
  // The router's redirects don't apply to screens that were pushed on top of others. Public screens
  // stay.
  void _sessionChanged() {
    final ended = _wasLoggedIn && !_auth.isLoggedIn;
    _wasLoggedIn = _auth.isLoggedIn;
    if (!ended || _auth.lastEnd != SessionEnd.expired) return;
    final login = Routes.withNext(Routes.login, Routes.here(_here));
    final isOwn = Routes.isOwn(_here.path);
    _say(
      Texts.sessionEnded,
      actionLabel: isOwn ? null : Texts.logIn,
      onAction: isOwn ? null : () => _router.go(login),
    );
    if (isOwn) _router.go(login);
  }

  // An unknown address has no state.
  Uri get _here {
    final matches = _router.routerDelegate.currentConfiguration;
    return matches.isEmpty ? matches.uri : _router.state.uri;
  }

  void _refused(CartRefusal refusal) =>
      _say(Texts.refused(refusal.product.name, sentence(refusal.error)));

  void _say(String text, {String? actionLabel, VoidCallback? onAction}) {
    final messenger = _messenger.currentState;
    if (messenger == null) return;
    showMessage(messenger, text, actionLabel: actionLabel, onAction: onAction);
  }

  @override
  Widget build(BuildContext context) => ChangeNotifierProvider<BasketViewModel>.value(
    value: _basket,
    child: MaterialApp.router(
      title: Texts.brand,
      debugShowCheckedModeBanner: false,
      localizationsDelegates: GlobalMaterialLocalizations.delegates,
      supportedLocales: const [Locale('en', 'IN')],
      scaffoldMessengerKey: _messenger,
      theme: ShopThemes.light,
      darkTheme: ShopThemes.dark,
      routerConfig: _router,
    ),
  );
}
