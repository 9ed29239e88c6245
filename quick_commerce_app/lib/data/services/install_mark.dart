import 'device_store.dart';

/// A mark that is removed together with the app.
abstract interface class InstallMark {
  Future<bool> isSet();

  Future<void> set();
}

/// How long the device may take.
const Duration _patience = Duration(seconds: 4);

/// Deletes what an earlier installation left in [store]: the Keychain outlives the app, so a
/// reinstalled one would still be logged in. Does nothing once [mark] is set, or where it can't be
/// read: nobody is logged out by a fault.
Future<void> forgetEarlierInstall(DeviceStore store, InstallMark mark) async {
  try {
    if (await mark.isSet().timeout(_patience)) return;
    for (final key in StoreKey.values) {
      await store.delete(key);
    }
    await mark.set().timeout(_patience);
  } on Exception {
    return;
  }
}
