package app.tokri.shop

import io.flutter.embedding.android.FlutterActivity

class MainActivity : FlutterActivity()
