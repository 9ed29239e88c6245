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

  /// An address inside the app, from its path on.
  static String here(Uri uri) => uri.hasQuery ? '${uri.path}?${uri.query}' : uri.path;

  /// A screen with the address to go on to afterwards.
  static String withNext(String path, String? next) =>
      next == null || next.isEmpty ? path : '$path?next=${Uri.encodeQueryComponent(next)}';

  /// The target of a login: the previous screen, else home. Never outside of this app, and never
  /// another login.
  static String destination(String? next) {
    if (next == null || !next.startsWith('/') || next.startsWith('//')) return home;
    final path = Uri.tryParse(next)?.path;
    if (path == null || path == login || path == signup) return home;
    return next;
  }

  /// Whether a screen is private: only for logged-in users.
  static bool isOwn(String path) =>
      path == cart || path == orders || path == account || path.startsWith('/order/');
}
