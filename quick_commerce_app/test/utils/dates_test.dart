import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/utils/dates.dart';

// All in local time: what is shown is where the reader is, wherever the test runs.
void main() {
  final now = DateTime(2026, 3, 1, 0, 30);

  test('an instant in UTC shows where the reader is', () {
    final local = DateTime(2026, 11, 22, 16, 5);
    expect(timeOfDay(local.toUtc()), '4:05 pm');
    expect(dateOf(local.toUtc()), '22 Nov 2026');
  });

  test('midnight and noon are twelve', () {
    expect(timeOfDay(DateTime(2026, 1, 1)), '12:00 am');
    expect(timeOfDay(DateTime(2026, 1, 1, 12)), '12:00 pm');
    expect(timeOfDay(DateTime(2026, 1, 1, 11, 59)), '11:59 am');
  });

  test('days are told by the calendar, not by the hours between', () {
    expect(dayOf(DateTime(2026, 3, 1, 23, 59), now: now), 'Today');
    expect(dayOf(DateTime(2026, 2, 28, 23, 59), now: now), 'Yesterday');
    expect(dayOf(DateTime(2026, 2, 27, 23, 59), now: now), '27 Feb 2026');
  });

  test('a moment is a day and a time', () {
    expect(momentOf(DateTime(2026, 2, 28, 9, 7), now: now), 'Yesterday, 9:07 am');
  });
}
