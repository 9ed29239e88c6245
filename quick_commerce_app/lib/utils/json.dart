/// Reads fields of JSON objects by type. Each throws a [FormatException] that names the field if it
/// is missing or of another type: an answer that breaks the contract is an error, never a partial
/// model.
library;

/// A decoded JSON object.
typedef Json = Map<String, Object?>;

Never _wrong(String name, Object? found) =>
    throw FormatException('Field "$name" is ${found == null ? 'missing' : found.runtimeType}');

/// A decoded value as an object.
Json asObject(Object? value) {
  if (value is Map<String, Object?>) return value;
  throw FormatException('An object was expected, not ${value.runtimeType}');
}

/// A decoded value as a list of objects, each made into a model.
List<T> asList<T>(Object? value, T Function(Json json) fromJson) {
  if (value is! List<Object?>) {
    throw FormatException('A list was expected, not ${value.runtimeType}');
  }
  return List.unmodifiable(value.map((item) => fromJson(asObject(item))));
}

/// A decoded value as a list of strings.
List<String> asStrings(Object? value) {
  if (value is! List<Object?> || value.any((item) => item is! String)) {
    throw FormatException('A list of strings was expected, not ${value.runtimeType}');
  }
  return List.unmodifiable(value);
}

String readString(Json json, String name) {
  final value = json[name];
  return value is String ? value : _wrong(name, value);
}

/// A string, or null if the field is missing or null.
String? readStringOrNull(Json json, String name) =>
    json[name] == null ? null : readString(json, name);

int readInt(Json json, String name) {
  final value = json[name];
  if (value is int) return value;
  // On the web every JSON number is a double; 3.0 is the integer 3.
  if (value is double && value == value.truncateToDouble()) return value.toInt();
  return _wrong(name, value);
}

/// An integer, or null if the field is missing or null.
int? readIntOrNull(Json json, String name) => json[name] == null ? null : readInt(json, name);

bool readBool(Json json, String name) {
  final value = json[name];
  return value is bool ? value : _wrong(name, value);
}

/// Rupees of the shop's answers (60, 60.5) in paise: exact, as the shop sends at most two
/// decimals.
int readPaise(Json json, String name) {
  final value = json[name];
  return value is num ? (value * 100).round() : _wrong(name, value);
}

/// A list of strings.
List<String> readStrings(Json json, String name) {
  final value = json[name];
  return value is List<Object?> ? asStrings(value) : _wrong(name, value);
}

/// An instant in ISO 8601, in UTC.
DateTime readTime(Json json, String name) => DateTime.parse(readString(json, name)).toUtc();

/// A list of objects, each made into a model.
List<T> readList<T>(Json json, String name, T Function(Json json) fromJson) {
  final value = json[name];
  return value is List<Object?> ? asList(value, fromJson) : _wrong(name, value);
}
