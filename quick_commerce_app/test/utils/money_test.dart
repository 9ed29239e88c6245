import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/utils/money.dart';

void main() {
  group('money', () {
    const cases = {
      0: '₹0',
      5: '₹0.05',
      6050: '₹60.50',
      6000: '₹60',
      99900: '₹999',
      100000: '₹1,000',
      12345600: '₹1,23,456',
      1234567800: '₹1,23,45,678',
      12345678909: '₹12,34,56,789.09',
      -4000: '-₹40',
    };
    cases.forEach((paise, words) {
      test('$paise paise are $words', () => expect(money(paise), words));
    });
  });

  test('rupees for the shop have paise only if there are any', () {
    expect(toRupees(6000), isA<int>());
    expect(toRupees(6000), 60);
    expect(toRupees(6050), 60.5);
    expect(toRupees(20850), 208.5);
  });
}
