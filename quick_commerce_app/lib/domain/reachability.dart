import 'package:flutter/foundation.dart';

/// Whether the shop can be reached. Notifies its listeners when that changes.
abstract class Reachability extends ChangeNotifier {
  /// Whether the last call to the shop had no answer.
  bool get offline;

  /// Whether there was a connection for it, but no answer in time.
  bool get isSlow;
}
