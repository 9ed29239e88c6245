import 'package:flutter/widgets.dart';

/// The state and the actions of a screen, without widgets. After the disposal of the view model an
/// answer notifies no listener.
abstract class ViewModel extends ChangeNotifier {
  bool _disposed = false;

  bool get isDisposed => _disposed;

  @override
  void notifyListeners() {
    if (!_disposed) super.notifyListeners();
  }

  @override
  void dispose() {
    _disposed = true;
    super.dispose();
  }
}

/// Creates a screen's view model with the screen, and disposes of it with the screen. A [key] of
/// the model's subject creates a new model for another subject.
class ViewModelScope<T extends ViewModel> extends StatefulWidget {
  const ViewModelScope({super.key, required this.create, required this.builder});

  final T Function(BuildContext context) create;
  final Widget Function(BuildContext context, T viewModel) builder;

  @override
  State<ViewModelScope<T>> createState() => _ViewModelScopeState<T>();
}

class _ViewModelScopeState<T extends ViewModel> extends State<ViewModelScope<T>> {
  late final T _viewModel;

  @override
  void initState() {
    super.initState();
    _viewModel = widget.create(context);
  }

  @override
  void dispose() {
    _viewModel.dispose();
    super.dispose();
  }

  @override
  Widget build(BuildContext context) => widget.builder(context, _viewModel);
}
