import 'package:flutter/material.dart';
import 'package:go_router/go_router.dart';

import '../../routing/routes.dart';
import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/widgets/forms.dart';
import '../core/widgets/load_view.dart';
import '../core/widgets/messages.dart';
import '../core/widgets/shop_scaffold.dart';
import 'settings_view_model.dart';

/// The address of the shop. Another address is another shop, so it ends the session.
class SettingsScreen extends StatefulWidget {
  const SettingsScreen({super.key, required this.viewModel});

  final SettingsViewModel viewModel;

  @override
  State<SettingsScreen> createState() => _SettingsScreenState();
}

class _SettingsScreenState extends State<SettingsScreen> {
  late final TextEditingController _address;

  @override
  void initState() {
    super.initState();
    _address = TextEditingController(text: widget.viewModel.current);
  }

  @override
  void dispose() {
    _address.dispose();
    super.dispose();
  }

  Future<void> _save() async {
    final viewModel = widget.viewModel;
    await viewModel.take(_address.text);
    if (!mounted || !viewModel.save.completed || viewModel.wrongWith('address') != null) return;
    _leave();
  }

  Future<void> _reset() async {
    await widget.viewModel.reset.execute();
    if (!mounted) return;
    _leave();
  }

  void _leave() {
    showMessage(ScaffoldMessenger.of(context), Texts.saved);
    context.go(Routes.home);
  }

  @override
  Widget build(BuildContext context) {
    final viewModel = widget.viewModel;
    return ListenableBuilder(
      listenable: viewModel,
      builder: (context, _) => ShopScaffold(
        title: Texts.settings,
        actions: const [],
        body: PageBody(
          maxWidth: 420,
          children: [
            const SizedBox(height: Tokens.space2),
            LabeledField(
              key: const ValueKey('address'),
              label: Texts.addressLabel,
              controller: _address,
              error: viewModel.wrongWith('address'),
              hint: '${Texts.addressHint} ${Texts.defaultIs(viewModel.standard)}',
              keyboard: TextInputType.url,
              action: TextInputAction.done,
              onChanged: (_) => viewModel.touch('address'),
              onSubmitted: (_) => _save(),
            ),
            WideButton(
              key: const ValueKey('save'),
              label: Texts.save,
              onPressed: viewModel.save.running ? null : _save,
            ),
            const SizedBox(height: Tokens.space2),
            TextButton(
              onPressed: viewModel.reset.running ? null : _reset,
              child: const Text(Texts.useDefault),
            ),
          ],
        ),
      ),
    );
  }
}
