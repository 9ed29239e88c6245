/// The addresses of the app's screens.
abstract final class Routes {
  static const String home = '/';
  static const String login = '/login';
  static const String signup = '/signup';
  static const String product = '/product/:id';
  static const String cart = '/cart';
  static const String orders = '/orders';
  static const String confirmed = '/order/:id/confirmed';
  static const String tracking = '/order/:id';
  static const String account = '/account';
  static const String settings = '/settings';

  static String productOf(String productId) => '/product/${Uri.encodeComponent(productId)}';
  static String confirmedOf(String orderId) => '/order/${Uri.encodeComponent(orderId)}/confirmed';
  static String trackingOf(String orderId) => '/order/${Uri.encodeComponent(orderId)}';
  static String categoryOf(String category) =>
      '$home?category=${Uri.encodeQueryComponent(category)}';

  /// An address inside the app, without what stands before its path.
  static String here(Uri uri) => uri.hasQuery ? '${uri.path}?${uri.query}' : uri.path;

  /// A screen with the address to go on to afterwards.
  static String withNext(String path, String? next) =>
      next == null || next.isEmpty ? path : '$path?next=${Uri.encodeQueryComponent(next)}';

  /// Where a login leads: back to where one was, else home. Nothing outside this app, and not to a
  /// login again.
  static String destination(String? next) {
    if (next == null || !next.startsWith('/') || next.startsWith('//')) return home;
    final path = Uri.tryParse(next)?.path;
    if (path == null || path == login || path == signup) return home;
    return next;
  }

  /// Whether a screen is one's own: only for those who are logged in.
  static bool isOwn(String path) =>
      path == cart || path == orders || path == account || path.startsWith('/order/');
}
