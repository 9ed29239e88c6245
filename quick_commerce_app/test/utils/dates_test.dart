import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/utils/dates.dart';

// All in local time, independent of the time zone of the test.
void main() {
  final now = DateTime(2026, 3, 1, 0, 30);

  test('an instant in UTC is shown in local time', () {
    final local = DateTime(2026, 11, 22, 16, 5);
    expect(timeOfDay(local.toUtc()), '4:05 pm');
    expect(dateOf(local.toUtc()), '22 Nov 2026');
  });

  test('midnight and noon are twelve', () {
    expect(timeOfDay(DateTime(2026, 1, 1)), '12:00 am');
    expect(timeOfDay(DateTime(2026, 1, 1, 12)), '12:00 pm');
    expect(timeOfDay(DateTime(2026, 1, 1, 11, 59)), '11:59 am');
  });

  test('days follow the calendar, not the hours between', () {
    expect(dayOf(DateTime(2026, 3, 1, 23, 59), now: now), 'Today');
    expect(dayOf(DateTime(2026, 2, 28, 23, 59), now: now), 'Yesterday');
    expect(dayOf(DateTime(2026, 2, 27, 23, 59), now: now), '27 Feb 2026');
  });

  test('a moment is a day and a time', () {
    expect(momentOf(DateTime(2026, 2, 28, 9, 7), now: now), 'Yesterday, 9:07 am');
  });
}
