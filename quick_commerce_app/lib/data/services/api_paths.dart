/// The calls of this app: method and path of each, as in the shop's routes.
enum ApiCall {
  register('POST', '/register', sendsToken: false),
  login('POST', '/login', sendsToken: false),
  profile('GET', '/profile'),
  categories('GET', '/categories'),
  products('GET', '/products'),
  product('GET', '/products/{product_id}'),
  cart('GET', '/cart/{user_id}'),
  cartAdd('POST', '/cart/add'),
  cartDecrease('PUT', '/cart/decrease/{cart_id}'),
  cartRemove('DELETE', '/cart/remove/{cart_id}'),
  orderCreate('POST', '/order/create', timeout: Duration(seconds: 20)),
  order('GET', '/order/{order_id}'),
  orders('GET', '/orders/{user_id}'),
  orderCancel('POST', '/order/{order_id}/cancel'),
  orderEvents('GET', '/order/{order_id}/events'),
  health('GET', '/healthz', sendsToken: false, timeout: Duration(seconds: 4));

  const ApiCall(
    this.method,
    this.path, {
    this.sendsToken = true,
    this.timeout = const Duration(seconds: 10),
  });

  final String method;

  /// With names in braces, which [fill] replaces.
  final String path;

  /// Whether the token is sent, if there is one.
  final bool sendsToken;

  /// The timeout of the whole answer; of an event stream, of its beginning.
  final Duration timeout;

  /// The path with its names filled in.
  String fill(Map<String, String> values) => path.replaceAllMapped(_name, (match) {
    final value = values[match[1]];
    if (value == null) throw ArgumentError('"${match[1]}" of $path is missing');
    return Uri.encodeComponent(value);
  });

  static final RegExp _name = RegExp(r'\{(\w+)\}');
}
