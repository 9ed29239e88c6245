import 'package:flutter/widgets.dart';

/// What a screen shows and what can be done there, without widgets. An answer that comes after its
/// screen was left tells nobody.
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

/// Makes a screen's view model when the screen comes, and disposes of it when the screen goes.
/// A [key] of what the model is about makes a new one for something else.
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
