import 'package:flutter/foundation.dart';

import '../services/device_store.dart';

/// The address of the shop. Notifies its listeners when the user sets another one.
class ApiAddress extends ValueNotifier<Uri> {
  ApiAddress({required DeviceStore store, Uri? initial})
    : _store = store,
      super(initial ?? standard);

  final DeviceStore _store;

  /// That of the build (`--dart-define=API_BASE_URL=…`), else a shop on the developer's machine:
  /// an Android emulator reaches that at an address of its own.
  static Uri get standard => parse(_defined) ?? Uri.parse(_ownMachine);

  static const String _defined = String.fromEnvironment('API_BASE_URL');

  static String get _ownMachine => !kIsWeb && defaultTargetPlatform == TargetPlatform.android
      ? 'http://10.0.2.2:8080'
      : 'http://localhost:8080';

  /// Parses a typed address, or returns null: http or https, a host, an optional port.
  static Uri? parse(String text) {
    final uri = Uri.tryParse(text.trim());
    if (uri == null || !(uri.isScheme('http') || uri.isScheme('https')) || uri.host.isEmpty) {
      return null;
    }
    final isBare = uri.path.isEmpty || uri.path == '/';
    // Characters that a host can't have are escaped at this point.
    final isHost = uri.userInfo.isEmpty && !uri.host.contains('%');
    if (!isBare || !isHost || uri.hasQuery || uri.hasFragment) return null;
    return Uri(scheme: uri.scheme, host: uri.host, port: uri.hasPort ? uri.port : null);
  }

  /// Restores the stored address. Called once, before the first screen.
  Future<void> restore() async {
    final kept = await _store.read(StoreKey.address);
    value = parse(kept ?? '') ?? value;
  }

  /// Sets and stores another address.
  Future<void> change(Uri address) async {
    value = address;
    await _store.write(StoreKey.address, address.toString());
  }

  /// Resets the address to the standard one.
  Future<void> reset() async {
    value = standard;
    await _store.delete(StoreKey.address);
  }

  /// The address of a picture: the shop sends a path, or a whole address.
  Uri resolve(String imageUrl) {
    final reference = Uri.tryParse(imageUrl);
    return reference == null ? value : value.resolveUri(reference);
  }
}
