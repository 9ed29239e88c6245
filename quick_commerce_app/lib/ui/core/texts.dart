/// All texts of the app: the same as in the storefront.
abstract final class Texts {
  static const String brand = 'Tokri';
  static const int deliveryMinutes = 10;

  /// The one-time code of a shop with the fixed one.
  static const String fixedOtp = '1234';

  // ---- common ----

  static const String retry = 'Retry';
  static const String browse = 'Browse';
  static const String loading = 'Loading…';
  static const String undo = 'Undo';
  static const String requestId = 'Request id';
  static const String offlineBanner = 'You are offline. What you see may be old.';
  static const String slowBanner = 'The shop is slow to answer. What you see may be old.';
  static const String errorTitle = 'That didn’t work';
  static const String offlineTitle = 'No connection';
  static const String promise = 'Delivery in $deliveryMinutes min';
  static const String atYourDoor = 'At your door in $deliveryMinutes minutes';
  static const String noSuchPage = 'There is no such page';
  static const String noSuchPageText = 'The shop is this way.';
  static const String toTheShop = 'To the shop';

  static String plural(int count, String noun) => '$count $noun${count == 1 ? '' : 's'}';
  static String items(int count) => plural(count, 'item');
  static String tryingAgainIn(int seconds) => 'Trying again in $seconds s …';
  static String pleaseWait(int seconds) =>
      seconds > 90 ? 'Please wait ${(seconds / 60).ceil()} min …' : 'Please wait $seconds s …';

  // ---- errors of calls: each in a plain sentence ----

  static const String errorOffline = 'The shop can’t be reached. Check your connection.';
  static const String errorTimeout = 'The shop takes too long to answer.';
  static const String errorLogInAgain = 'Please log in again.';
  static const String errorTooMany = 'That was a lot at once. The shop needs a moment.';
  static const String errorTooManyTries = 'Too many tries. Please wait before the next one.';
  static const String errorBusy = 'The shop is busy for a moment.';
  static const String errorOurSide = 'Something went wrong on our side.';
  static const String errorInvalid = 'Please check what you entered.';
  static const String errorNothingHere = 'There is nothing here.';
  static const String errorCredentials = 'Email or password is wrong.';
  static const String errorEmailExists = 'There is an account with this email already.';
  static const String errorOtp = 'That code is not right.';
  static const String errorProductGone = 'This is no longer sold.';
  static const String errorNotAvailable = 'This can’t be had right now.';
  static const String errorCartFull = 'Your cart is full: 100 different things is the most.';
  static const String errorCartEmpty = 'Your cart is empty.';
  static const String errorOrderTooLarge =
      'Your cart has more items than one order allows. Remove some and order them separately.';
  static const String errorTooManyOrders =
      'You’ve reached the limit of orders for one hour. Please try again later.';
  static const String errorOutOfStock = 'Some of it has just been sold out.';
  static const String errorTotalChanged = 'Prices have changed since you looked.';
  static const String errorInProgress = 'Your order is still being taken.';
  static const String errorNoOrder = 'There is no such order.';
  static const String errorCancelLate = 'It is packed already, so it can’t be cancelled any more.';
  static const String errorForbidden = 'This is not for your account.';

  static String errorQuantityLimit(int most) => '$most of one thing is the most we bring.';

  // ---- wrong fields of a form ----

  static const String enterName = 'Please enter your name.';
  static const String enterEmail = 'Please enter your email address.';
  static const String enterPassword = 'Please enter your password.';
  static const String enterCode = 'Please enter the code.';
  static const String notAnEmail = 'This is not an email address.';
  static const String passwordShort = 'At least 8 characters.';

  static String fieldNeeded(String label) => '$label is needed.';
  static String fieldNotValid(String label) => '$label is not valid.';
  static String fieldTooLong(String label) => '$label is too long.';

  static const Map<String, String> fieldLabels = {
    'name': 'Your name',
    'email': 'Your email address',
    'password': 'A password',
    'otp': 'The code',
  };

  // ---- logging in and signing up ----

  static const String logIn = 'Log in';
  static const String loggingIn = 'Logging in …';
  static const String welcomeBack = 'Welcome back';
  static const String logInToShop = 'Log in to shop at $brand.';
  static const String logInToGoOn = 'Log in to go on where you were.';
  static const String newHere = 'New here?';
  static const String createAnAccount = 'Create an account';
  static const String createYourAccount = 'Create your account';
  static const String createAccount = 'Create account';
  static const String creatingAccount = 'Creating your account …';
  static const String signUpText = 'One minute now, ten for everything after.';
  static const String beenHere = 'Been here before?';
  static const String name = 'Name';
  static const String email = 'Email';
  static const String password = 'Password';
  static const String oneTimeCode = 'One-time code';
  static const String otpHint = 'This shop’s code is $fixedOtp.';
  static const String showPassword = 'Show password';
  static const String hidePassword = 'Hide password';
  static const String sessionEnded = 'Your session has ended. Log in to go on where you were.';
  static const String loggedOut = 'You are logged out.';

  // ---- home ----

  static const String searchLabel = 'Search products';
  static const String searchHint = 'Search “milk”, “atta”, “soap” …';
  static const String clearSearch = 'Clear search';
  static const String all = 'All';
  static const String categories = 'Categories';
  static const String heroTag = 'No delivery fee, ever';
  static const String heroTitle = 'Groceries before the chai boils over';
  static const String heroText =
      'Fresh fruit, warm bread, cold milk: at your door in $deliveryMinutes minutes.';
  static const String shelvesEmpty = 'The shelves are empty';
  static const String shelvesEmptyText = 'The shop is being filled. Look in again in a moment.';
  static const String nothingHereYet = 'Nothing here yet';
  static const String seeWhatThereIs = 'See what there is';
  static const String nothingFoundText = 'Try another word, or a shorter one.';
  static const String track = 'Track';
  static const String showMore = 'Show more';

  static String nothingIn(String category) => 'There is nothing in $category at the moment.';
  static String nothingFound(String words) => 'Nothing found for “$words”';
  static String found(int count, {required bool more}) =>
      more ? '$count+ products' : plural(count, 'product');

  // ---- products ----

  static const String add = 'ADD';
  static const String notAvailable = 'Not available';
  static const String outOfStock = 'Out of stock';
  static const String taxes = 'all taxes included';
  static const String noDeliveryFee = 'No delivery fee';
  static const String aboutIt = 'About it';
  static const String productGone = 'This product is gone';
  static const String productGoneText = 'The shop no longer has it.';
  static const String logInToAdd = 'Log in and it goes straight into your cart.';

  static String onlyLeft(int count) => 'Only $count left';
  static String onlyLeftOf(int count, String product) => 'Only $count left of $product.';
  static String addToCart(String product) => 'Add $product to cart';
  static String quantityOf(String product) => 'Quantity of $product';
  static String decrease(String product) => 'Decrease quantity of $product';
  static String increase(String product) => 'Increase quantity of $product';
  static String remove(String product) => 'Remove $product';
  static String removed(String product) => '$product removed from your cart';
  static String inCart(String product, int quantity) => '$product: $quantity in your cart';
  static String refused(String product, String reason) =>
      '$product: $reason Your cart is as it was.';
  static String moreIn(String category) => 'More in $category';

  // ---- cart ----

  static const String cartEmptyLabel = 'Cart, empty';
  static const String viewCart = 'View cart';
  static const String yourCart = 'Your cart';
  static const String cartEmpty = 'Your cart is empty';
  static const String cartEmptyText = 'Fill it, and it is with you in $deliveryMinutes minutes.';
  static const String removeButton = 'Remove';
  static const String goneForGood = 'Not available any more';
  static const String notEnoughLeft = 'Not enough left';
  static const String bill = 'Bill';
  static const String delivery = 'Delivery';
  static const String free = 'FREE';
  static const String toPay = 'To pay';
  static const String noOtherFees = 'Pay at the door. No other fees.';
  static const String blocked = 'Change or remove the marked items to go on.';
  static const String placeOrder = 'Place order';
  static const String tryAgain = 'Try again';
  static const String placing = 'Placing your order …';
  static const String almostThere = 'Almost there …';
  static const String soldOutNotice =
      'Some things have just been sold out. Nothing was ordered; your cart is kept.';
  static const String orderNotUnderstood =
      'The shop didn’t understand this order. Nothing was ordered; look over your cart.';
  static const String neverTwice = 'Try again: the same order is never taken twice.';

  static String cartLabel(int count, String total) => 'Cart, ${items(count)}, $total';
  static String cartSum(int count, String total) => '${items(count)} · $total';
  static String was(String price) => 'Was $price';
  static String take(int count) => 'Take $count';
  static String takeOf(int count, String product) => 'Take $count of $product';
  static String forTotal(String label, String total) => '$label · $total';
  static String manyOrders(int seconds) => 'Many orders at once. Trying again in $seconds s …';
  static String cartChanged(String total) =>
      'Your cart has changed: it is $total now. Nothing was ordered yet.';
  static String maybePlaced(String total) =>
      'An order for $total may have been placed already. Please look at Your orders first; '
      'nothing was ordered now.';
  static String totalNotice(String total) =>
      'Prices have changed: it is $total now. Nothing was ordered yet.';

  // ---- an order ----

  static const String orderPlaced = 'Order placed';
  static const String trackOrder = 'Track order';
  static const String keepShopping = 'Keep shopping';
  static const String yourOrder = 'Your order';
  static const String yourItems = 'Your items';
  static const String total = 'Total';
  static const String aProduct = 'A product';
  static const String noSuchOrder = 'No such order';
  static const String noSuchOrderText = 'It may belong to another account.';
  static const String live = 'Live';
  static const String connecting = 'Connecting…';
  static const String reconnecting = 'Reconnecting…';
  static const String replaced = 'Live updates are open elsewhere';
  static const String progress = 'Progress';
  static const String cancelOrder = 'Cancel order';
  static const String cancelling = 'Cancelling …';
  static const String cancelAsk = 'Cancel this order?';
  static const String cancelAskText = 'Nothing will be brought.';
  static const String keepIt = 'Keep it';
  static const String cancelled = 'Your order is cancelled.';
  static const String shopAgain = 'Shop again';
  static const String stepNow = 'now';
  static const String stepDone = 'done';
  static const String stepAhead = 'still to come';

  static String order(String number) => 'Order $number';
  static String atYourDoorBy(String time) => 'At your door by $time.';
  static String placedLine(String number, String time) => 'Order $number · at your door by $time';

  // ---- orders and account ----

  static const String orders = 'Orders';
  static const String yourOrders = 'Your orders';
  static const String noOrders = 'No orders yet';
  static const String noOrdersText = 'Your first one is ten minutes away.';
  static const String details = 'Details';
  static const String orderAgain = 'Order again';
  static const String olderOrders = 'Show older orders';
  static const String account = 'Account';
  static const String yourAccount = 'Your account';
  static const String logOut = 'Log out';
  static const String settings = 'Settings';

  static String detailsOf(String number) => 'Details of order $number';
  static String trackNumber(String number) => 'Track order $number';
  static String orderAgainNumber(String number) => 'Order again: $number';
  static String inCartAgain(int count) => '${items(count)} in your cart again.';
  static String noneOfIt(String names) => 'None of it can be had now: $names.';
  static String withoutSome(String names) => 'In your cart, without $names: can’t be had now.';
  static String withUsSince(String date) => 'With us since $date';

  // ---- settings ----

  static const String addressLabel = 'API address';
  static const String addressHint = 'Where the shop’s gateway answers, with its port.';
  static const String addressWrong = 'An address begins with http:// or https://.';
  static const String save = 'Save';
  static const String saved = 'Saved. The app talks to this address now.';
  static const String useDefault = 'Use the default';

  static String defaultIs(String address) => 'The default is $address.';
}
