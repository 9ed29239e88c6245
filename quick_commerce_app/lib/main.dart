import 'package:flutter/material.dart';
import 'package:provider/provider.dart';

import 'config/dependencies.dart';
import 'config/preferences_mark.dart';
import 'ui/core/faults.dart';
import 'ui/shop_app.dart';

Future<void> main() async {
  WidgetsFlutterBinding.ensureInitialized();
  watchForFaults();
  final dependencies = Dependencies(mark: installMark());
  await dependencies.restore();
  runApp(MultiProvider(providers: dependencies.providers, child: const ShopApp()));
}
