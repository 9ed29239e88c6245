final List<String> _months = 'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec'.split(' ');

/// A local time of day: "4:05 pm".
String timeOfDay(DateTime at) {
  final local = at.toLocal();
  final hour = local.hour % 12 == 0 ? 12 : local.hour % 12;
  final minute = local.minute.toString().padLeft(2, '0');
  return '$hour:$minute ${local.hour < 12 ? 'am' : 'pm'}';
}

/// A local date: "22 Nov 2026".
String dateOf(DateTime at) {
  final local = at.toLocal();
  return '${local.day} ${_months[local.month - 1]} ${local.year}';
}

/// "Today", "Yesterday" or a local date, at [now].
String dayOf(DateTime at, {DateTime? now}) {
  final today = _midday(now ?? DateTime.now());
  return switch (today.difference(_midday(at)).inDays) {
    0 => 'Today',
    1 => 'Yesterday',
    _ => dateOf(at),
  };
}

/// "Today, 4:05 pm".
String momentOf(DateTime at, {DateTime? now}) => '${dayOf(at, now: now)}, ${timeOfDay(at)}';

// In UTC, where every day has 24 hours.
DateTime _midday(DateTime at) {
  final local = at.toLocal();
  return DateTime.utc(local.year, local.month, local.day, 12);
}
