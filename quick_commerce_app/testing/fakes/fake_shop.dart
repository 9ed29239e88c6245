import 'dart:async';
import 'dart:convert';

import 'package:http/http.dart' as http;
import 'package:http/testing.dart';
import 'package:quick_commerce_app/utils/json.dart';

import 'read_sample.dart';

/// A call as the shop sees it.
class ShopCall {
  ShopCall(this.method, this.url, this.headers, this.body);

  final String method;
  final Uri url;
  final Map<String, String> headers;

  /// Decoded, or null.
  final Object? body;

  /// Method and path.
  String get name => '$method ${url.path}';
}

/// How the shop answers a call.
typedef ShopAnswer = FutureOr<http.StreamedResponse> Function(ShopCall call);

/// A fake shop as an HTTP client: tests set its answers, and check the calls.
class FakeShop {
  late final http.Client client = MockClient.streaming(_answer);

  /// The calls so far, oldest first.
  final List<ShopCall> calls = [];

  final Map<String, ShopAnswer> _always = {};
  final Map<String, List<ShopAnswer>> _next = {};

  /// The default answer to a route, like "GET /cart/{user_id}", without one of [next].
  void always(String route, ShopAnswer answer) => _always[route] = answer;

  /// The answer to the next call of a route; several are used in order.
  void next(String route, ShopAnswer answer) => (_next[route] ??= []).add(answer);

  /// The calls of a route.
  List<ShopCall> callsOf(String route) =>
      calls.where((call) => _pattern(route).hasMatch(call.name)).toList();

  Future<http.StreamedResponse> _answer(http.BaseRequest request, http.ByteStream bytes) async {
    final text = utf8.decode(await bytes.toBytes());
    final Object? body = text.isEmpty ? null : jsonDecode(text);
    final call = ShopCall(request.method, request.url, request.headers, body);
    calls.add(call);
    return _answerTo(call.name)(call);
  }

  ShopAnswer _answerTo(String name) {
    for (final MapEntry(key: route, value: answers) in _next.entries) {
      if (answers.isNotEmpty && _pattern(route).hasMatch(name)) return answers.removeAt(0);
    }
    for (final MapEntry(key: route, value: answer) in _always.entries) {
      if (_pattern(route).hasMatch(name)) return answer;
    }
    return jsonAnswer({'detail': 'Not Found', 'code': 'not_found'}, status: 404);
  }

  static RegExp _pattern(String route) =>
      RegExp('^${route.replaceAll(RegExp(r'\{\w+\}'), '[^/]+')}\$');
}

/// An answer in JSON.
ShopAnswer jsonAnswer(Object? body, {int status = 200, Map<String, String> headers = const {}}) =>
    (call) => http.StreamedResponse(
      Stream.value(utf8.encode(jsonEncode(body))),
      status,
      headers: {'content-type': 'application/json', ...headers},
    );

/// An answer that isn't JSON.
ShopAnswer textAnswer(String text, {int status = 200}) =>
    (call) => http.StreamedResponse(Stream.value(utf8.encode(text)), status);

/// A recorded answer of `testing/samples/`.
ShopAnswer sampleAnswer(String name) {
  final sample = readSample(name);
  final headers = asObject(sample['headers']);
  return jsonAnswer(
    sample['body'],
    status: readInt(sample, 'status'),
    headers: headers.map((key, value) => MapEntry(key, '$value')),
  );
}

/// An event stream whose events a test sends.
ShopAnswer streamAnswer(Stream<List<int>> bytes) =>
    (call) => http.StreamedResponse(bytes, 200, headers: {'content-type': 'text/event-stream'});

/// No answer: the connection breaks.
ShopAnswer get lostAnswer =>
    (call) => throw http.ClientException('Connection refused', call.url);

/// No answer, ever.
ShopAnswer get silentAnswer =>
    (call) => Completer<http.StreamedResponse>().future;
