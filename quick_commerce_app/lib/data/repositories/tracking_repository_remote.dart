import 'dart:async';
import 'dart:convert';
import 'dart:math';

import 'package:flutter/foundation.dart';

import '../../domain/models/api_error.dart';
import '../../domain/models/order.dart';
import '../../domain/models/tracking.dart';
import '../../utils/json.dart';
import '../../utils/result.dart';
import '../services/api_client.dart';
import '../services/api_models.dart';
import '../services/event_stream.dart';
import 'tracking_repository.dart';

/// Delays and timeouts of tracking.
abstract final class TrackingTimes {
  /// The delay before the stream is opened again, by number of consecutive failures; with a jitter
  /// of a quarter, so that clients do not reconnect at once.
  static const List<Duration> pauses = [
    Duration(milliseconds: 500),
    Duration(seconds: 1),
    Duration(seconds: 2),
    Duration(seconds: 4),
    Duration(seconds: 8),
    Duration(seconds: 15),
  ];

  /// The polling interval of the order while its stream is unavailable.
  static const Duration poll = Duration(seconds: 4);

  /// The maximum time without data on a stream: the shop pings every 15 s.
  static const Duration silence = Duration(seconds: 40);

  /// The maximum time until the first event of a stream. The shop sends it at once, so a later one
  /// is delayed by a proxy that buffers whole answers.
  static const Duration firstEvent = Duration(seconds: 5);
}

/// Follows orders at the shop.
class TrackingRepositoryRemote implements TrackingRepository {
  TrackingRepositoryRemote({
    required ApiClient api,
    required ValueListenable<bool> foreground,
    Random? random,
  }) : _api = api,
       _foreground = foreground,
       _random = random ?? Random();

  final ApiClient _api;
  final ValueListenable<bool> _foreground;
  final Random _random;

  @override
  Stream<Tracking> follow(Order order) => _Follower(_api, _foreground, _random, order).stream;
}

class _Follower {
  _Follower(this._api, this._foreground, this._random, this._order);

  final ApiClient _api;
  final ValueListenable<bool> _foreground;
  final Random _random;
  late final StreamController<Tracking> _out = StreamController(onListen: _start, onCancel: _stop);

  Order _order;
  Connection _connection = Connection.connecting;
  bool _stopped = false;

  /// Consecutive failures.
  int _failures = 0;

  /// The number of the current connection: an answer to an earlier one is closed.
  int _attempt = 0;
  OpenStream? _open;
  StreamSubscription<ServerSentEvent>? _events;
  Timer? _watchdog;
  Timer? _retry;
  Timer? _poll;
  bool _asking = false;

  Stream<Tracking> get stream => _out.stream;

  void _start() {
    _foreground.addListener(_onForeground);
    if (_order.status.isEnded) return _finish();
    if (_foreground.value) unawaited(_connect());
  }

  void _stop() {
    _stopped = true;
    _foreground.removeListener(_onForeground);
    _rest();
  }

  void _onForeground() {
    _rest();
    if (!_foreground.value) return;
    _failures = 0;
    _connection = Connection.connecting;
    unawaited(_connect());
  }

  void _rest() {
    _closeStream();
    _retry?.cancel();
    _poll?.cancel();
    _poll = null;
  }

  void _closeStream() {
    _attempt++;
    _watchdog?.cancel();
    unawaited(_events?.cancel());
    _events = null;
    _open?.close();
    _open = null;
  }

  // ---- the stream ----

  Future<void> _connect() async {
    final attempt = ++_attempt;
    final result = await _api.orderEvents(_order.orderId);
    if (attempt != _attempt) {
      result.valueOrNull?.close();
      return;
    }
    switch (result) {
      case Ok(value: null):
        _replaced();
      case Ok(:final value?):
        _listen(value);
      case Failed(error: Unauthorised()):
        _finish();
      case Failed(error: Unavailable(:final retryAfter)) ||
          Failed(error: TooMany(:final retryAfter)):
        _lost(atLeast: retryAfter);
      case Failed():
        _lost();
    }
  }

  void _listen(OpenStream open) {
    _open = open;
    _expectNews(TrackingTimes.firstEvent);
    final bytes = open.bytes.map((chunk) {
      if (_connection == Connection.live) _expectNews(TrackingTimes.silence);
      return chunk;
    });
    _events = readEvents(
      bytes,
    ).listen(_onEvent, onError: (Object _) => _lost(), onDone: _lost, cancelOnError: true);
  }

  void _expectNews(Duration within) {
    _watchdog?.cancel();
    _watchdog = Timer(within, _lost);
  }

  void _onEvent(ServerSentEvent event) {
    if (event.name == 'replaced') return _replaced();
    if (event.name != 'status') return;
    final StatusNews news;
    try {
      news = statusNewsFromJson(asObject(jsonDecode(event.data)));
    } on FormatException {
      return _lost();
    }
    _failures = 0;
    _poll?.cancel();
    _poll = null;
    _connection = Connection.live;
    _expectNews(TrackingTimes.silence);
    _take(news);
  }

  // The time of a missed step is unknown here: the order has it.
  void _take(StatusNews news) {
    final before = _order.status;
    // An event that is older than a reading of the order is ignored.
    final isMoved = news.status != before && !news.status.isBefore(before);
    if (isMoved) _order = _order.moved(OrderStep(status: news.status, at: news.at));
    final isMissing = isMoved && !before.leadsTo(news.status);
    if (!_order.status.isEnded) {
      _notify();
      if (isMissing) unawaited(_ask());
      return;
    }
    _rest();
    if (isMissing) {
      unawaited(_ask().whenComplete(_finish));
    } else {
      _finish();
    }
  }

  void _lost({Duration atLeast = Duration.zero}) {
    _closeStream();
    if (_stopped) return;
    _connection = Connection.reconnecting;
    _notify();
    _askAgainAndAgain();
    final usual = TrackingTimes.pauses[min(_failures++, TrackingTimes.pauses.length - 1)];
    final pause = usual > atLeast ? usual : atLeast;
    _retry?.cancel();
    _retry = Timer(pause * (0.75 + _random.nextDouble() / 2), () => unawaited(_connect()));
  }

  // Newer streams of this account have its place. It is opened again when the app comes back to the
  // foreground, and not before: otherwise the streams would displace each other for ever.
  void _replaced() {
    _closeStream();
    _retry?.cancel();
    if (_stopped) return;
    _connection = Connection.replaced;
    _notify();
    _askAgainAndAgain();
  }

  void _askAgainAndAgain() {
    if (_poll != null) return;
    _poll = Timer.periodic(TrackingTimes.poll, (_) => unawaited(_ask()));
    unawaited(_ask());
  }

  // ---- polling ----

  Future<void> _ask() async {
    if (_asking) return;
    _asking = true;
    final result = await _api.order(_order.orderId);
    _asking = false;
    if (_stopped) return;
    switch (result) {
      case Ok(:final value) when !value.status.isBefore(_order.status):
        _order = value;
        if (value.status.isEnded) return _finish();
        _notify();
      case Failed(error: Unauthorised()):
        _finish();
      case Ok() || Failed():
        break;
    }
  }

  // ---- notifying ----

  void _notify() {
    if (!_stopped) _out.add(Tracking(order: _order, connection: _connection));
  }

  void _finish() {
    if (_stopped) return;
    if (_order.status.isEnded) {
      _connection = Connection.ended;
      _notify();
    }
    _stop();
    unawaited(_out.close());
  }
}
