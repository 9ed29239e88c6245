/// A part of a list, with the cursor of the next part.
final class Paged<T> {
  const Paged({required this.items, this.after});

  final List<T> items;

  /// The cursor of the next part; null at the end.
  final String? after;
}
