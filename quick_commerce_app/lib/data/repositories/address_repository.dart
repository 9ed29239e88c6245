import 'package:flutter/foundation.dart';

import '../services/device_store.dart';

/// Where the shop is. Tells its listeners when the user sets another address.
class ApiAddress extends ValueNotifier<Uri> {
  ApiAddress({required DeviceStore store, Uri? initial})
    : _store = store,
      super(initial ?? standard);

  final DeviceStore _store;

  /// As the build says (`--dart-define=API_BASE_URL=…`), else a shop on the developer's machine:
  /// an Android emulator reaches that at an address of its own.
  static Uri get standard => parse(_defined) ?? Uri.parse(_ownMachine);

  static const String _defined = String.fromEnvironment('API_BASE_URL');

  static String get _ownMachine => !kIsWeb && defaultTargetPlatform == TargetPlatform.android
      ? 'http://10.0.2.2:8080'
      : 'http://localhost:8080';

  /// An address as people write it, or null where it is none: http or https, a host, maybe a port.
  static Uri? parse(String text) {
    final uri = Uri.tryParse(text.trim());
    if (uri == null || !(uri.isScheme('http') || uri.isScheme('https')) || uri.host.isEmpty) {
      return null;
    }
    final isBare = uri.path.isEmpty || uri.path == '/';
    // What isn't allowed in a host has been escaped by now.
    final isHost = uri.userInfo.isEmpty && !uri.host.contains('%');
    if (!isBare || !isHost || uri.hasQuery || uri.hasFragment) return null;
    return Uri(scheme: uri.scheme, host: uri.host, port: uri.hasPort ? uri.port : null);
  }

  /// Takes up the address that the device keeps. Called once, before the first screen.
  Future<void> restore() async {
    final kept = await _store.read(StoreKey.address);
    value = parse(kept ?? '') ?? value;
  }

  /// Sets another address, for good.
  Future<void> change(Uri address) async {
    value = address;
    await _store.write(StoreKey.address, address.toString());
  }

  /// Goes back to the standard one.
  Future<void> reset() async {
    value = standard;
    await _store.delete(StoreKey.address);
  }

  /// Where a picture is: the shop gives a path, or a whole address.
  Uri resolve(String imageUrl) {
    final reference = Uri.tryParse(imageUrl);
    return reference == null ? value : value.resolveUri(reference);
  }
}
