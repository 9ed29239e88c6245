import 'package:flutter/foundation.dart';

/// Whether the shop can be reached. Notifies its listeners when that changes.
abstract class Reachability extends ChangeNotifier {
  /// Whether the last call to the shop had no answer.
  bool get offline;

  /// Whether there was a connection for it, and no answer in time: the shop is slow, or away.
  bool get isSlow;
}
