import 'dart:convert';

import 'package:http/http.dart' as http;

import '../../domain/models/api_error.dart';
import '../../utils/json.dart';

/// Makes an error of an answer that isn't 200. [sentId] is the request id of the call; the id of
/// the answer is used if it has one.
ApiError readError(http.Response response, {required String sentId}) {
  final status = response.statusCode;
  final requestId = response.headers['x-request-id'] ?? sentId;
  final body = _bodyOf(response);
  switch (status) {
    case 401 when body['code'] != 'invalid_credentials':
      return Unauthorised(requestId: requestId);
    case 422 when body['detail'] is List<Object?>:
      return Invalid(requestId: requestId, fields: _fieldsOf(body['detail']));
    // The orders of an hour are used up: a refusal, as the wait would be too long for the app.
    case 429 when body['code'] != 'too_many_orders':
      return TooMany(requestId: requestId, retryAfter: _retryAfter(response, seconds: 2));
    case 502 || 503 || 504:
      return Unavailable(requestId: requestId, retryAfter: _retryAfter(response, seconds: 1));
    case >= 400 && < 500:
      return _refused(status, requestId, body);
    default:
      return Broken(requestId: requestId, status: status);
  }
}

// A refusal by a proxy may have no JSON; then its status is the reason.
Json _bodyOf(http.Response response) {
  try {
    return asObject(jsonDecode(utf8.decode(response.bodyBytes)));
  } on FormatException {
    return const {};
  }
}

Refused _refused(int status, String requestId, Json body) {
  final code = body['code'];
  final detail = body['detail'];
  return Refused(
    requestId: requestId,
    status: status,
    code: code is String ? code : 'status_$status',
    detail: detail is String ? detail : '',
    productIds: _stringsOf(body['product_ids']),
    total: body['total'] is num ? readPaise(body, 'total') : null,
  );
}

List<String> _stringsOf(Object? value) =>
    value is List<Object?> ? List.unmodifiable(value.whereType<String>()) : const [];

List<FieldError> _fieldsOf(Object? detail) => [
  if (detail is List<Object?>)
    for (final entry in detail)
      if (entry case {
        'loc': final List<Object?> loc,
        'type': final String type,
        'msg': final String message,
      })
        FieldError(field: loc.isEmpty ? '' : '${loc.last}', type: type, message: message),
];

Duration _retryAfter(http.Response response, {required int seconds}) {
  final header = int.tryParse(response.headers['retry-after'] ?? '');
  return Duration(seconds: (header ?? seconds).clamp(1, 60));
}
