import 'dart:async';

import 'package:flutter/material.dart';
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

/// The app below its dependencies: themes, routes, and what is said on any screen.
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
    _router = createRouter(_auth, initialLocation: widget.initialLocation);
    _wasLoggedIn = _auth.isLoggedIn;
    _auth.addListener(_sessionChanged);
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

  // A session that ends by itself leads to the login, and from there back to where one was.
  void _sessionChanged() {
    final ended = _wasLoggedIn && !_auth.isLoggedIn;
    _wasLoggedIn = _auth.isLoggedIn;
    if (!ended || _auth.lastEnd != SessionEnd.expired) return;
    _say(Texts.sessionEnded);
    _router.go(Routes.withNext(Routes.login, Routes.here(_here)));
  }

  // An address that leads nowhere has no state.
  Uri get _here {
    final matches = _router.routerDelegate.currentConfiguration;
    return matches.isEmpty ? matches.uri : _router.state.uri;
  }

  void _refused(CartRefusal refusal) =>
      _say(Texts.refused(refusal.product.name, sentence(refusal.error)));

  void _say(String text) {
    final messenger = _messenger.currentState;
    if (messenger != null) showMessage(messenger, text);
  }

  @override
  Widget build(BuildContext context) => ChangeNotifierProvider<BasketViewModel>.value(
    value: _basket,
    child: MaterialApp.router(
      title: Texts.brand,
      debugShowCheckedModeBanner: false,
      scaffoldMessengerKey: _messenger,
      theme: ShopThemes.light,
      darkTheme: ShopThemes.dark,
      routerConfig: _router,
    ),
  );
}
