/// A part of a list, and where the next part begins.
final class Paged<T> {
  const Paged({required this.items, this.after});

  final List<T> items;

  /// The cursor of the next part; null at the end.
  final String? after;
}
