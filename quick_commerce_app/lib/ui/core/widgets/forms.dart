import 'package:flutter/material.dart';

import '../texts.dart';
import '../tokens.dart';

/// A labelled input, with its hint or its error below.
class LabeledField extends StatelessWidget {
  const LabeledField({
    super.key,
    required this.label,
    required this.controller,
    this.error,
    this.hint,
    this.suffix,
    this.obscure = false,
    this.keyboard,
    this.autofill = const [],
    this.action = TextInputAction.next,
    this.onChanged,
    this.onSubmitted,
    this.focusNode,
    this.nextFocus,
  });

  final String label;
  final TextEditingController controller;
  final String? error;
  final String? hint;
  final Widget? suffix;
  final bool obscure;
  final TextInputType? keyboard;
  final List<String> autofill;
  final TextInputAction action;
  final ValueChanged<String>? onChanged;
  final ValueChanged<String>? onSubmitted;
  final FocusNode? focusNode;

  /// The target of the keyboard's Next; by default the next focusable element.
  final FocusNode? nextFocus;

  @override
  Widget build(BuildContext context) {
    final styles = Theme.of(context).textTheme;
    final colors = context.colors;
    final wrong = error;
    return Padding(
      padding: const EdgeInsets.only(bottom: Tokens.space4),
      child: TextField(
        controller: controller,
        focusNode: focusNode,
        obscureText: obscure,
        autocorrect: false,
        enableSuggestions: !obscure,
        keyboardType: keyboard,
        autofillHints: autofill,
        textInputAction: action,
        onChanged: onChanged,
        onEditingComplete: nextFocus?.requestFocus,
        onSubmitted: onSubmitted,
        style: styles.bodyLarge,
        decoration: InputDecoration(
          labelText: label,
          labelStyle: styles.bodyLarge?.copyWith(color: colors.muted),
          helperText: hint,
          helperMaxLines: 3,
          helperStyle: styles.bodySmall,
          error: wrong == null ? null : FieldProblem(wrong),
          suffixIcon: suffix,
          border: _border(colors.border),
          enabledBorder: _border(colors.border),
          focusedBorder: _border(colors.primary, width: 2),
          errorBorder: _border(colors.danger),
          focusedErrorBorder: _border(colors.danger, width: 2),
        ),
      ),
    );
  }

  static OutlineInputBorder _border(Color color, {double width = 1}) => OutlineInputBorder(
    borderRadius: BorderRadius.circular(Tokens.radiusControl),
    borderSide: BorderSide(color: color, width: width),
  );
}

/// The error of a field: an icon and a text, which screen readers announce.
class FieldProblem extends StatelessWidget {
  const FieldProblem(this.text, {super.key});

  final String text;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    return Semantics(
      liveRegion: true,
      child: Row(
        crossAxisAlignment: CrossAxisAlignment.start,
        children: [
          Icon(Icons.error_outline, size: Tokens.text16, color: colors.danger),
          const SizedBox(width: Tokens.space1),
          Expanded(
            child: Text(
              text,
              style: Theme.of(context).textTheme.labelSmall?.copyWith(color: colors.danger),
            ),
          ),
        ],
      ),
    );
  }
}

/// A labelled input for a password, which can be shown.
class PasswordField extends StatefulWidget {
  const PasswordField({
    super.key,
    required this.controller,
    required this.autofill,
    this.error,
    this.hint,
    this.action = TextInputAction.next,
    this.onChanged,
    this.onSubmitted,
    this.focusNode,
    this.nextFocus,
  });

  final TextEditingController controller;
  final List<String> autofill;
  final String? error;
  final String? hint;
  final TextInputAction action;
  final ValueChanged<String>? onChanged;
  final ValueChanged<String>? onSubmitted;
  final FocusNode? focusNode;

  /// The target of the keyboard's Next: else it would be the eye, which closes the keyboard.
  final FocusNode? nextFocus;

  @override
  State<PasswordField> createState() => _PasswordFieldState();
}

class _PasswordFieldState extends State<PasswordField> {
  bool _shown = false;

  @override
  Widget build(BuildContext context) => LabeledField(
    label: Texts.password,
    controller: widget.controller,
    focusNode: widget.focusNode,
    nextFocus: widget.nextFocus,
    error: widget.error,
    hint: widget.hint,
    obscure: !_shown,
    autofill: widget.autofill,
    action: widget.action,
    onChanged: widget.onChanged,
    onSubmitted: widget.onSubmitted,
    suffix: IconButton(
      onPressed: () => setState(() => _shown = !_shown),
      tooltip: _shown ? Texts.hidePassword : Texts.showPassword,
      icon: Icon(_shown ? Icons.visibility_off_outlined : Icons.visibility_outlined),
    ),
  );
}

/// A wide button that is disabled, and shows it, while its action is running.
class WideButton extends StatelessWidget {
  const WideButton({super.key, required this.label, required this.onPressed});

  final String label;

  /// Disabled if it is null.
  final VoidCallback? onPressed;

  @override
  Widget build(BuildContext context) => SizedBox(
    width: double.infinity,
    child: FilledButton(
      onPressed: onPressed,
      child: Text(label, textAlign: TextAlign.center),
    ),
  );
}
