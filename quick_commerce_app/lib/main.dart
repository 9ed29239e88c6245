import 'package:flutter/material.dart';
import 'package:go_router/go_router.dart';
import 'package:provider/provider.dart';

import 'config/dependencies.dart';
import 'ui/shop_app.dart';

Future<void> main() async {
  WidgetsFlutterBinding.ensureInitialized();
  // In a browser the address follows every screen, so that each can be loaded again.
  GoRouter.optionURLReflectsImperativeAPIs = true;
  final dependencies = Dependencies();
  await dependencies.restore();
  runApp(MultiProvider(providers: dependencies.providers, child: const ShopApp()));
}
