import '../../data/repositories/address_repository.dart';
import '../../utils/command.dart';
import '../../utils/result.dart';
import '../core/form_view_model.dart';
import '../core/texts.dart';

/// The address of the shop.
class SettingsViewModel extends FormViewModel {
  SettingsViewModel({required ApiAddress address}) : _address = address {
    save = Command1<void, Uri>(_save)..addListener(notifyListeners);
    reset = Command0<void>(_reset)..addListener(notifyListeners);
  }

  final ApiAddress _address;
  late final Command1<void, Uri> save;

  /// Resets the address to that of the build.
  late final Command0<void> reset;

  String get current => _address.value.toString();
  String get standard => ApiAddress.standard.toString();

  /// Validates the input, and sets the address.
  Future<void> take(String text) async {
    final uri = ApiAddress.parse(text);
    check({'address': uri == null ? Texts.addressWrong : ''});
    if (uri != null) await save.execute(uri);
  }

  Future<Result<void>> _save(Uri uri) async {
    await _address.change(uri);
    return const Ok(null);
  }

  Future<Result<void>> _reset() async {
    check(const {});
    await _address.reset();
    return const Ok(null);
  }

  @override
  void dispose() {
    save.dispose();
    reset.dispose();
    super.dispose();
  }
}
