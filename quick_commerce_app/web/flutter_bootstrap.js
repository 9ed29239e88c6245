{{flutter_js}}
{{flutter_build_config}}

// CanvasKit from where the app itself comes from, not from Google's servers.
_flutter.loader.load({ config: { canvasKitBaseUrl: 'canvaskit/' } });
