import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/utils/json.dart';

void main() {
  test('rupees become paise, exactly', () {
    const json = {'a': 60, 'b': 60.5, 'c': 0.07, 'd': 1234567.89, 'e': 19.99, 'f': 1.15};
    expect(json.keys.map((name) => readPaise(json, name)), [6000, 6050, 7, 123456789, 1999, 115]);
  });

  test('a field that is missing or of another type is an error that names it', () {
    const json = {'text': 1, 'number': '1', 'list': 'no', 'time': 'soon'};
    final named = throwsA(
      isA<FormatException>().having((error) => error.message, 'message', contains('"gone"')),
    );
    expect(() => readString(json, 'gone'), named);
    expect(() => readString(json, 'text'), throwsFormatException);
    expect(() => readInt(json, 'number'), throwsFormatException);
    expect(() => readPaise(json, 'number'), throwsFormatException);
    expect(() => readBool(json, 'text'), throwsFormatException);
    expect(() => readTime(json, 'time'), throwsFormatException);
    expect(() => readList(json, 'list', (item) => item), throwsFormatException);
    expect(() => readStrings(json, 'list'), throwsFormatException);
    expect(() => asObject(const [1]), throwsFormatException);
    expect(() => asStrings(const ['a', 1]), throwsFormatException);
  });

  test('a missing optional field is null, and one of another type an error', () {
    const json = {'text': 1, 'null': null};
    expect(readStringOrNull(json, 'gone'), isNull);
    expect(readStringOrNull(json, 'null'), isNull);
    expect(readIntOrNull(json, 'gone'), isNull);
    expect(() => readStringOrNull(json, 'text'), throwsFormatException);
  });

  test('a whole number is an integer, however it is written', () {
    expect(readInt(const {'n': 3.0}, 'n'), 3);
    expect(() => readInt(const {'n': 3.5}, 'n'), throwsFormatException);
  });

  test('times are in UTC', () {
    final time = readTime(const {'at': '2026-01-05T09:35:00.000Z'}, 'at');
    expect(time, DateTime.utc(2026, 1, 5, 9, 35));
    expect(time.isUtc, isTrue);
  });
}
