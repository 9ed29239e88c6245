import 'dart:async';

import 'package:flutter/material.dart';
import 'package:go_router/go_router.dart';

import '../../domain/models/profile.dart';
import '../../routing/opening.dart';
import '../../routing/routes.dart';
import '../../utils/dates.dart';
import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/widgets/load_view.dart';
import '../core/widgets/messages.dart';
import '../core/widgets/panel.dart';
import '../core/widgets/shop_scaffold.dart';
import 'account_view_model.dart';

/// The account: the profile, links to orders, cart and settings, and the logout.
class AccountScreen extends StatefulWidget {
  const AccountScreen({super.key, required this.viewModel});

  final AccountViewModel viewModel;

  @override
  State<AccountScreen> createState() => _AccountScreenState();
}

class _AccountScreenState extends State<AccountScreen> {
  @override
  void initState() {
    super.initState();
    unawaited(widget.viewModel.load.execute());
  }

  Future<void> _logOut() async {
    final messenger = ScaffoldMessenger.of(context);
    final router = GoRouter.of(context);
    // Home first: on this screen the end of the session would open the login.
    router.go(Routes.home);
    await widget.viewModel.logOut();
    showMessage(messenger, Texts.loggedOut);
  }

  @override
  Widget build(BuildContext context) {
    final viewModel = widget.viewModel;
    return ListenableBuilder(
      listenable: viewModel,
      builder: (context, _) => ShopScaffold(
        title: Texts.yourAccount,
        body: PageBody(
          maxWidth: 560,
          onRefresh: viewModel.load.execute,
          children: [
            LoadView<Profile>(
              value: viewModel.profile,
              error: viewModel.error,
              onRetry: () => unawaited(viewModel.load.execute()),
              builder: (context, profile) => _Person(profile),
            ),
            const SizedBox(height: Tokens.space4),
            const _Menu(),
            const SizedBox(height: Tokens.space4),
            OutlinedButton.icon(
              key: const ValueKey('log-out'),
              onPressed: _logOut,
              icon: const Icon(Icons.logout),
              label: const Text(Texts.logOut),
            ),
          ],
        ),
      ),
    );
  }
}

class _Person extends StatelessWidget {
  const _Person(this.profile);

  final Profile profile;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    final styles = Theme.of(context).textTheme;
    final runes = profile.name.trim().runes;
    final initial = runes.isEmpty ? '?' : String.fromCharCode(runes.first).toUpperCase();
    return Panel(
      child: Row(
        children: [
          ExcludeSemantics(
            child: CircleAvatar(
              radius: 28,
              backgroundColor: colors.tint,
              child: Text(initial, style: styles.titleLarge?.copyWith(color: colors.primary)),
            ),
          ),
          const SizedBox(width: Tokens.space4),
          Expanded(
            child: Column(
              crossAxisAlignment: CrossAxisAlignment.start,
              children: [
                Heading(profile.name),
                Text(profile.email, style: styles.bodyMedium),
                Text(Texts.withUsSince(dateOf(profile.createdAt)), style: styles.bodySmall),
              ],
            ),
          ),
        ],
      ),
    );
  }
}

class _Menu extends StatelessWidget {
  const _Menu();

  @override
  Widget build(BuildContext context) => const Panel(
    padding: EdgeInsets.zero,
    child: Column(
      children: [
        _MenuRow(Routes.orders, Icons.receipt_long_outlined, Texts.yourOrders),
        Divider(height: 1),
        _MenuRow(Routes.cart, Icons.shopping_basket_outlined, Texts.yourCart),
        Divider(height: 1),
        _MenuRow(Routes.settings, Icons.settings_outlined, Texts.settings),
      ],
    ),
  );
}

class _MenuRow extends StatelessWidget {
  const _MenuRow(this.path, this.icon, this.text);

  final String path;
  final IconData icon;
  final String text;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    return Semantics(
      container: true,
      button: true,
      child: InkWell(
        onTap: () => context.open(path),
        child: Padding(
          padding: const EdgeInsets.all(Tokens.space4),
          child: Row(
            children: [
              Icon(icon, color: colors.primary),
              const SizedBox(width: Tokens.space3),
              Expanded(child: Text(text, style: Theme.of(context).textTheme.bodyLarge)),
              Icon(Icons.chevron_right, color: colors.muted),
            ],
          ),
        ),
      ),
    );
  }
}
