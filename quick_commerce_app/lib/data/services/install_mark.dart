import 'device_store.dart';

/// A mark that is removed together with the app.
abstract interface class InstallMark {
  Future<bool> isSet();

  Future<void> set();
}

/// The timeout of the device.
const Duration _timeout = Duration(seconds: 4);

/// Deletes the entries of an earlier installation from [store]: the Keychain outlives the app, so a
/// reinstalled one would still be logged in. Does nothing once [mark] is set, or if it can't be
/// read: an error must not log a user out.
Future<void> forgetEarlierInstall(DeviceStore store, InstallMark mark) async {
  try {
    if (await mark.isSet().timeout(_timeout)) return;
    for (final key in StoreKey.values) {
      await store.delete(key);
    }
    await mark.set().timeout(_timeout);
  } on Exception {
    return;
  }
}
