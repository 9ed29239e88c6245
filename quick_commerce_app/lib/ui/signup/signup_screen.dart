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
import 'signup_view_model.dart';

/// The sign-up, which returns to the previous screen.
class SignupScreen extends StatefulWidget {
  const SignupScreen({super.key, required this.viewModel, this.next});

  final SignupViewModel viewModel;

  /// The address to go to afterwards.
  final String? next;

  @override
  State<SignupScreen> createState() => _SignupScreenState();
}

class _SignupScreenState extends State<SignupScreen> {
  final Map<String, TextEditingController> _inputs = {
    for (final field in _fieldNames) field: TextEditingController(),
  };
  final Map<String, FocusNode> _focus = {for (final field in _fieldNames) field: FocusNode()};

  static const List<String> _fieldNames = ['name', 'email', 'password', 'otp'];

  @override
  void dispose() {
    for (final input in _inputs.values) {
      input.dispose();
    }
    for (final node in _focus.values) {
      node.dispose();
    }
    super.dispose();
  }

  TextEditingController _input(String field) => _inputs[field]!;

  Future<void> _submit() async {
    final viewModel = widget.viewModel;
    await viewModel.signUp((
      name: _input('name').text,
      email: _input('email').text,
      password: _input('password').text,
      otp: _input('otp').text,
    ));
    if (!mounted) return;
    _focus[viewModel.firstWrong]?.requestFocus();
    if (viewModel.submit.completed) context.go(Routes.destination(widget.next));
  }

  @override
  Widget build(BuildContext context) {
    return ShopScaffold(
      title: Texts.createAccount,
      actions: const [],
      body: ListenableBuilder(
        listenable: widget.viewModel,
        builder: (context, _) => PageBody(
          maxWidth: 420,
          children: [
            Heading(Texts.createYourAccount, style: Theme.of(context).textTheme.headlineMedium),
            const SizedBox(height: Tokens.space1),
            const Text(Texts.signUpText),
            const SizedBox(height: Tokens.space6),
            ..._problem(),
            AutofillGroup(child: Column(children: _fields())),
            _button(),
            _OtherWay(next: widget.next),
          ],
        ),
      ),
    );
  }

  List<Widget> _problem() {
    final problem = widget.viewModel.problem;
    if (problem == null) return const [];
    return [
      Problem(text: problem, requestId: widget.viewModel.requestId),
      const SizedBox(height: Tokens.space4),
    ];
  }

  List<Widget> _fields() {
    final viewModel = widget.viewModel;
    return [
      LabeledField(
        key: const ValueKey('name'),
        label: Texts.name,
        controller: _input('name'),
        focusNode: _focus['name'],
        error: viewModel.wrongWith('name'),
        keyboard: TextInputType.name,
        autofill: const [AutofillHints.name],
        onChanged: (_) => viewModel.touch('name'),
      ),
      LabeledField(
        key: const ValueKey('email'),
        label: Texts.email,
        controller: _input('email'),
        focusNode: _focus['email'],
        error: viewModel.wrongWith('email'),
        keyboard: TextInputType.emailAddress,
        autofill: const [AutofillHints.newUsername, AutofillHints.email],
        onChanged: (_) => viewModel.touch('email'),
      ),
      PasswordField(
        key: const ValueKey('password'),
        controller: _input('password'),
        focusNode: _focus['password'],
        nextFocus: _focus['otp'],
        error: viewModel.wrongWith('password'),
        hint: Texts.passwordShort,
        autofill: const [AutofillHints.newPassword],
        onChanged: (_) => viewModel.touch('password'),
      ),
      LabeledField(
        key: const ValueKey('otp'),
        label: Texts.oneTimeCode,
        controller: _input('otp'),
        focusNode: _focus['otp'],
        error: viewModel.wrongWith('otp'),
        hint: Texts.otpHint,
        keyboard: TextInputType.number,
        autofill: const [AutofillHints.oneTimeCode],
        action: TextInputAction.done,
        onChanged: (_) => viewModel.touch('otp'),
        onSubmitted: (_) => _submit(),
      ),
    ];
  }

  Widget _button() {
    final viewModel = widget.viewModel;
    final running = viewModel.submit.running;
    return WideButton(
      key: const ValueKey('submit'),
      label: viewModel.isWaiting
          ? Texts.pleaseWait(viewModel.secondsToWait)
          : running
          ? Texts.creatingAccount
          : Texts.createAccount,
      onPressed: running || viewModel.isWaiting ? null : _submit,
    );
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
        const Text(Texts.beenHere),
        TextButton(
          onPressed: () => context.openInstead(Routes.withNext(Routes.login, next)),
          child: const Text(Texts.logIn),
        ),
      ],
    ),
  );
}
