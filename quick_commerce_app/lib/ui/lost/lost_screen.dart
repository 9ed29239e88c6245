import 'package:flutter/material.dart';
import 'package:go_router/go_router.dart';

import '../../routing/routes.dart';
import '../core/texts.dart';
import '../core/widgets/load_view.dart';
import '../core/widgets/shop_scaffold.dart';
import '../core/widgets/states.dart';

/// The screen for unknown addresses.
class LostScreen extends StatelessWidget {
  const LostScreen({super.key});

  @override
  Widget build(BuildContext context) => ShopScaffold(
    body: PageBody(
      children: [
        EmptyState(
          icon: Icons.home_outlined,
          title: Texts.noSuchPage,
          text: Texts.noSuchPageText,
          actions: [
            FilledButton(
              onPressed: () => context.go(Routes.home),
              child: const Text(Texts.toTheShop),
            ),
          ],
        ),
      ],
    ),
  );
}
