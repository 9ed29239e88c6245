import 'dart:async';
import 'dart:convert';
import 'dart:math';

import 'package:http/http.dart' as http;

import '../../domain/models/api_error.dart';
import '../../domain/models/cart.dart';
import '../../domain/models/order.dart';
import '../../domain/models/paged.dart';
import '../../domain/models/product.dart';
import '../../domain/models/profile.dart';
import '../../domain/models/session.dart';
import '../../utils/ids.dart';
import '../../utils/json.dart';
import '../../utils/money.dart';
import '../../utils/result.dart';
import 'api_error_reader.dart';
import 'api_models.dart';
import 'api_paths.dart';
import 'reachability_monitor.dart';
import 'session_service.dart';

/// The calls to the shop, one method each. They never throw: see [Result] and [ApiError].
///
/// Each has a request id of the app, so that even one without an answer can be found in the shop's
/// log. A 401 with the current token ends the session. The owner of the [http.Client] closes it.
class ApiClient {
  ApiClient({
    required http.Client client,
    required Uri Function() address,
    required SessionService sessions,
    required ReachabilityMonitor reachability,
    Random? random,
    DateTime Function() now = DateTime.now,
  }) : _client = client,
       _address = address,
       _sessions = sessions,
       _reachability = reachability,
       _random = random ?? Random.secure(),
       _now = now;

  final http.Client _client;
  final Uri Function() _address;
  final SessionService _sessions;
  final ReachabilityMonitor _reachability;
  final Random _random;
  final DateTime Function() _now;

  // ---- accounts ----

  Future<Result<void>> register({
    required String name,
    required String email,
    required String password,
    required String otp,
  }) => _call(
    ApiCall.register,
    _nothing,
    body: {'name': name, 'email': email, 'password': password, 'otp': otp},
  );

  /// [device] is the device id of an earlier login to the account.
  Future<Result<Login>> login({required String email, required String password, String? device}) =>
      _call(
        ApiCall.login,
        (answer) =>
            (session: sessionFromLogin(asObject(answer.json), _now()), device: answer.device),
        body: {'email': email, 'password': password},
        headers: {if (device != null) 'X-Device': device},
      );

  Future<Result<Profile>> profile() =>
      _call(ApiCall.profile, (answer) => profileFromJson(asObject(answer.json)));

  // ---- catalogue ----

  Future<Result<List<String>>> categories() =>
      _call(ApiCall.categories, (answer) => asStrings(answer.json));

  Future<Result<Paged<Product>>> products({
    String? q,
    String? category,
    String? after,
    required int limit,
  }) => _call(
    ApiCall.products,
    (answer) => answer.paged(productFromJson),
    query: {
      'limit': '$limit',
      if (q != null) 'q': q,
      if (category != null) 'category': category,
      if (after != null) 'after': after,
    },
  );

  Future<Result<Product>> product(String productId) => _call(
    ApiCall.product,
    (answer) => productFromJson(asObject(answer.json)),
    path: {'product_id': productId},
  );

  // ---- the cart ----

  Future<Result<List<CartLine>>> cart(String userId) => _call(
    ApiCall.cart,
    (answer) => asList(answer.json, cartLineFromJson),
    path: {'user_id': userId},
  );

  Future<Result<void>> cartAdd({
    required String userId,
    required String productId,
    required int quantity,
    required String idempotencyKey,
  }) => _call(
    ApiCall.cartAdd,
    _nothing,
    body: {'user_id': userId, 'product_id': productId, 'quantity': quantity},
    headers: {'Idempotency-Key': idempotencyKey},
  );

  Future<Result<void>> cartDecrease(String lineId) =>
      _call(ApiCall.cartDecrease, _nothing, path: {'cart_id': lineId});

  Future<Result<void>> cartRemove(String lineId) =>
      _call(ApiCall.cartRemove, _nothing, path: {'cart_id': lineId});

  // ---- orders ----

  /// [expectedTotal] in paise.
  Future<Result<PlacedOrder>> orderCreate({
    required String userId,
    required int expectedTotal,
    required String idempotencyKey,
  }) => _call(
    ApiCall.orderCreate,
    (answer) => placedOrderFromJson(asObject(answer.json)),
    body: {'user_id': userId, 'expected_total': toRupees(expectedTotal)},
    headers: {'Idempotency-Key': idempotencyKey},
  );

  Future<Result<Order>> order(String orderId) => _call(
    ApiCall.order,
    (answer) => orderFromJson(asObject(answer.json)),
    path: {'order_id': orderId},
  );

  Future<Result<Paged<OrderSummary>>> orders({
    required String userId,
    String? after,
    required int limit,
  }) => _call(
    ApiCall.orders,
    (answer) => answer.paged(orderSummaryFromJson),
    path: {'user_id': userId},
    query: {'limit': '$limit', if (after != null) 'after': after},
  );

  Future<Result<void>> orderCancel(String orderId) =>
      _call(ApiCall.orderCancel, _nothing, path: {'order_id': orderId});

  /// Opens an order's event stream; null if the shop answers that it has ended. The caller closes
  /// it.
  Future<Result<OpenStream?>> orderEvents(String orderId) {
    final sending = _prepare(ApiCall.orderEvents, path: {'order_id': orderId});
    sending.request.headers['Accept'] = 'text/event-stream';
    return _guard<OpenStream?>(sending, () async {
      final response = await _client.send(sending.request).timeout(sending.call.timeout);
      _reachability.reached();
      if (response.statusCode == 200) return Ok(OpenStream(response.stream, sending.abort));
      final whole = await http.Response.fromStream(response).timeout(sending.call.timeout);
      if (whole.statusCode == 204) return const Ok(null);
      return Failed(_failure(whole, sending));
    });
  }

  /// Whether the shop answers at all; the result is reported to [ReachabilityMonitor].
  Future<Result<void>> health() => _call(ApiCall.health, _nothing);

  // ---- transport ----

  Future<Result<T>> _call<T>(
    ApiCall call,
    T Function(_Answer answer) read, {
    Map<String, String> path = const {},
    Map<String, String> query = const {},
    Json? body,
    Map<String, String> headers = const {},
  }) {
    final sending = _prepare(call, path: path, query: query, body: body);
    sending.request.headers.addAll(headers);
    return _guard<T>(sending, () async {
      final response = await _client
          .send(sending.request)
          .then(http.Response.fromStream)
          .timeout(call.timeout);
      _reachability.reached();
      if (response.statusCode != 200) return Failed(_failure(response, sending));
      return Ok(read(_Answer(response)));
    });
  }

  _Sending _prepare(
    ApiCall call, {
    Map<String, String> path = const {},
    Map<String, String> query = const {},
    Json? body,
  }) {
    final id = 'app-${randomHex(_random, 8)}';
    final session = call.sendsToken ? _sessions.current : null;
    final aborted = Completer<void>();
    final url = _address().replace(
      path: call.fill(path),
      queryParameters: query.isEmpty ? null : query,
    );
    final request = http.AbortableRequest(call.method, url, abortTrigger: aborted.future);
    request.headers.addAll({
      'Accept': 'application/json',
      'X-Request-ID': id,
      if (session != null) 'Authorization': 'Bearer ${session.token}',
      if (body != null) 'Content-Type': 'application/json',
    });
    if (body != null) request.bodyBytes = utf8.encode(jsonEncode(body));
    return _Sending(call, request, aborted, id: id, session: session);
  }

  // A client throws not only [http.ClientException]: a failed TLS handshake, for example, has
  // another type.
  Future<Result<T>> _guard<T>(_Sending sending, Future<Result<T>> Function() send) async {
    try {
      return await send();
    } on TimeoutException {
      sending.abort();
      _reachability.lost(timedOut: true);
      return Failed(Offline(requestId: sending.id, timedOut: true));
    } on FormatException {
      return Failed(Broken(requestId: sending.id, status: 200));
    } on Exception {
      _reachability.lost();
      return Failed(Offline(requestId: sending.id));
    }
  }

  // A refused token ends the session, unless there is another token by now.
  ApiError _failure(http.Response response, _Sending sending) {
    final error = readError(response, sentId: sending.id);
    final token = sending.session?.token;
    if (error is Unauthorised && token != null && token == _sessions.current?.token) {
      _sessions.end(SessionEnd.expired);
    }
    return error;
  }

  static void _nothing(_Answer answer) {}
}

/// A stream of bytes that stays open until one side closes it.
class OpenStream {
  OpenStream(this._bytes, this._abort);

  final Stream<List<int>> _bytes;
  final void Function() _abort;
  bool _isHeard = false;

  /// For one listener.
  Stream<List<int>> get bytes {
    _isHeard = true;
    return _bytes;
  }

  /// Closes the connection. Idempotent.
  void close() {
    // A client releases an aborted answer only if it had a listener.
    if (!_isHeard) unawaited(bytes.listen(null, onError: (Object _) {}).cancel());
    _abort();
  }
}

class _Sending {
  _Sending(this.call, this.request, this._aborted, {required this.id, required this.session});

  final ApiCall call;
  final http.AbortableRequest request;
  final Completer<void> _aborted;
  final String id;
  final Session? session;

  void abort() {
    if (!_aborted.isCompleted) _aborted.complete();
  }
}

class _Answer {
  _Answer(this._response);

  final http.Response _response;

  Object? get json => jsonDecode(utf8.decode(_response.bodyBytes));

  String? get device => _response.headers['x-device'];

  Paged<T> paged<T>(T Function(Json json) fromJson) =>
      Paged(items: asList(json, fromJson), after: _after());

  // The cursor out of the Link header.
  String? _after() {
    final next = RegExp('<([^>]+)>;\\s*rel="?next"?').firstMatch(_response.headers['link'] ?? '');
    final target = next?[1];
    return target == null ? null : Uri.parse(target).queryParameters['after'];
  }
}
