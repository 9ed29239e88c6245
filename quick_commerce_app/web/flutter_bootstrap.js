{{flutter_js}}
{{flutter_build_config}}

// CanvasKit from where the app itself comes from, not from Google's servers.
const canvasKitBaseUrl = new URL('canvaskit/', document.baseURI).href;
_flutter.loader.load({ config: { canvasKitBaseUrl } });
