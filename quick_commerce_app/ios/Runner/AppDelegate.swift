import Flutter
import Security
import UIKit

@main
@objc class AppDelegate: FlutterAppDelegate, FlutterImplicitEngineDelegate {
  override func application(
    _ application: UIApplication,
    didFinishLaunchingWithOptions launchOptions: [UIApplication.LaunchOptionsKey: Any]?
  ) -> Bool {
    if application.isProtectedDataAvailable { forgetEarlierInstallation() }
    return super.application(application, didFinishLaunchingWithOptions: launchOptions)
  }

  // The Keychain outlives the app, its defaults do not: a login of an earlier installation is none.
  private func forgetEarlierInstallation() {
    let installed = "tokri.installed"
    if UserDefaults.standard.bool(forKey: installed) { return }
    SecItemDelete([kSecClass: kSecClassGenericPassword] as CFDictionary)
    UserDefaults.standard.set(true, forKey: installed)
  }

  // The engine that the storyboard's view controller makes.
  func didInitializeImplicitFlutterEngine(_ engineBridge: FlutterImplicitEngineBridge) {
    GeneratedPluginRegistrant.register(with: engineBridge.pluginRegistry)
  }
}
