import 'package:flutter/material.dart';
import 'package:provider/provider.dart';

import 'config/dependencies.dart';
import 'ui/shop_app.dart';

Future<void> main() async {
  WidgetsFlutterBinding.ensureInitialized();
  final dependencies = Dependencies();
  await dependencies.restore();
  runApp(MultiProvider(providers: dependencies.providers, child: const ShopApp()));
}
