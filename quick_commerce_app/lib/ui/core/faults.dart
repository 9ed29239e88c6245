import 'package:flutter/foundation.dart';
import 'package:flutter/widgets.dart';

import 'texts.dart';
import 'tokens.dart';

/// Reports what nothing catches in the place where Flutter reports what its widgets throw, and has a
/// part of a screen that can't be built say so: in a release it would be a grey box. Called once,
/// before the first screen.
void watchForFaults() {
  PlatformDispatcher.instance.onError = (error, stack) {
    FlutterError.reportError(FlutterErrorDetails(exception: error, stack: stack));
    return true;
  };
  if (kReleaseMode) ErrorWidget.builder = (details) => const BrokenPart();
}

/// In the place of what can't be built. It needs nothing above it.
class BrokenPart extends StatelessWidget {
  const BrokenPart({super.key});

  @override
  Widget build(BuildContext context) => ColoredBox(
    color: ShopColors.light.dangerTint,
    child: Padding(
      padding: const EdgeInsets.all(Tokens.space4),
      child: Text(
        Texts.errorOurSide,
        textDirection: TextDirection.ltr,
        style: TextStyle(color: ShopColors.light.text, fontSize: Tokens.text14),
      ),
    ),
  );
}
