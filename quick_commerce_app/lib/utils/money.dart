/// Paise as rupees for the shop's calls: 6050 → 60.5, 6000 → 60.
num toRupees(int paise) => paise % 100 == 0 ? paise ~/ 100 : paise / 100;

/// An amount in paise for people: ₹1,23,456, with paise only if there are any: ₹60.50.
String money(int paise) {
  final sign = paise < 0 ? '-' : '';
  final rupees = paise.abs() ~/ 100;
  final rest = paise.abs() % 100;
  final decimals = rest == 0 ? '' : '.${rest.toString().padLeft(2, '0')}';
  return '$sign₹${_grouped(rupees.toString())}$decimals';
}

// The last three digits, and twos before them.
String _grouped(String digits) {
  if (digits.length <= 3) return digits;
  final groups = [digits.substring(digits.length - 3)];
  for (var end = digits.length - 3; end > 0; end -= 2) {
    groups.insert(0, digits.substring(end < 2 ? 0 : end - 2, end));
  }
  return groups.join(',');
}
