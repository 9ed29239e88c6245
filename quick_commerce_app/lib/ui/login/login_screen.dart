import 'package:flutter/material.dart';
import 'package:go_router/go_router.dart';

import '../../routing/opening.dart';
import '../../routing/routes.dart';
import '../core/texts.dart';
import '../core/tokens.dart';
import '../core/widgets/forms.dart';
import '../core/widgets/load_view.dart';
import '../core/widgets/panel.dart';
import '../core/widgets/shop_scaffold.dart';
import 'login_view_model.dart';

/// The login, which returns to the previous screen.
class LoginScreen extends StatefulWidget {
  const LoginScreen({super.key, required this.viewModel, this.next});

  final LoginViewModel viewModel;

  /// The address to go to afterwards.
  final String? next;

  @override
  State<LoginScreen> createState() => _LoginScreenState();
}

class _LoginScreenState extends State<LoginScreen> {
  final TextEditingController _email = TextEditingController();
  final TextEditingController _password = TextEditingController();
  final FocusNode _emailFocus = FocusNode();
  final FocusNode _passwordFocus = FocusNode();

  @override
  void dispose() {
    _email.dispose();
    _password.dispose();
    _emailFocus.dispose();
    _passwordFocus.dispose();
    super.dispose();
  }

  Future<void> _submit() async {
    final viewModel = widget.viewModel;
    await viewModel.logIn(email: _email.text, password: _password.text);
    if (!mounted) return;
    switch (viewModel.firstWrong) {
      case 'email':
        _emailFocus.requestFocus();
      case 'password':
        _passwordFocus.requestFocus();
    }
    if (viewModel.submit.completed) context.go(Routes.destination(widget.next));
  }

  @override
  Widget build(BuildContext context) {
    return ShopScaffold(
      title: Texts.logIn,
      actions: [
        // Guests, too, can set the shop's address.
        IconButton(
          onPressed: () => context.open(Routes.settings),
          tooltip: Texts.settings,
          icon: const Icon(Icons.settings_outlined),
        ),
      ],
      body: ListenableBuilder(
        listenable: widget.viewModel,
        builder: (context, _) => PageBody(
          maxWidth: 420,
          children: [
            Heading(Texts.welcomeBack, style: Theme.of(context).textTheme.headlineMedium),
            const SizedBox(height: Tokens.space1),
            Text(widget.next == null ? Texts.logInToShop : Texts.logInToGoOn),
            const SizedBox(height: Tokens.space6),
            AutofillGroup(child: Column(children: _fields())),
            _OtherWay(next: widget.next),
          ],
        ),
      ),
    );
  }

  List<Widget> _fields() {
    final viewModel = widget.viewModel;
    final problem = viewModel.problem;
    final running = viewModel.submit.running;
    return [
      if (problem != null) ...[
        Problem(text: problem, requestId: viewModel.requestId),
        const SizedBox(height: Tokens.space4),
      ],
      LabeledField(
        key: const ValueKey('email'),
        label: Texts.email,
        controller: _email,
        focusNode: _emailFocus,
        error: viewModel.wrongWith('email'),
        keyboard: TextInputType.emailAddress,
        autofill: const [AutofillHints.username, AutofillHints.email],
        onChanged: (_) => viewModel.touch('email'),
      ),
      PasswordField(
        key: const ValueKey('password'),
        controller: _password,
        focusNode: _passwordFocus,
        error: viewModel.wrongWith('password'),
        autofill: const [AutofillHints.password],
        action: TextInputAction.done,
        onChanged: (_) => viewModel.touch('password'),
        onSubmitted: (_) => _submit(),
      ),
      WideButton(
        key: const ValueKey('submit'),
        label: viewModel.isWaiting
            ? Texts.pleaseWait(viewModel.secondsToWait)
            : running
            ? Texts.loggingIn
            : Texts.logIn,
        onPressed: running || viewModel.isWaiting ? null : _submit,
      ),
    ];
  }
}

class _OtherWay extends StatelessWidget {
  const _OtherWay({this.next});

  final String? next;

  @override
  Widget build(BuildContext context) => Padding(
    padding: const EdgeInsets.only(top: Tokens.space4),
    child: Wrap(
      alignment: WrapAlignment.center,
      crossAxisAlignment: WrapCrossAlignment.center,
      children: [
        const Text(Texts.newHere),
        TextButton(
          onPressed: () => context.openInstead(Routes.withNext(Routes.signup, next)),
          child: const Text(Texts.createAnAccount),
        ),
      ],
    ),
  );
}
