import 'package:flutter/foundation.dart';
import 'package:flutter/widgets.dart';

import 'texts.dart';
import 'tokens.dart';

/// Reports uncaught errors like errors of widgets, and shows a message in place of a widget that
/// can't be built: in a release it would be a grey box. Called once, before the first screen.
void watchForFaults() {
  PlatformDispatcher.instance.onError = (error, stack) {
    FlutterError.reportError(FlutterErrorDetails(exception: error, stack: stack));
    return true;
  };
  if (kReleaseMode) ErrorWidget.builder = (details) => const BrokenPart();
}

/// The message in place of a widget that can't be built. It needs no ancestors.
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
