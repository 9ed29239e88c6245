import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/routing/router.dart';
import 'package:quick_commerce_app/routing/routes.dart';

import '../../testing/fakes/fake_auth_repository.dart';

void main() {
  final guest = FakeAuthRepository();
  final shopper = FakeAuthRepository(loggedIn: true);

  test('a guest is asked to log in for private screens only', () {
    String? sent(String to) => redirectFor(guest, Uri.parse(to));
    expect(sent('/cart'), '/login?next=%2Fcart');
    expect(sent('/order/abc/confirmed'), '/login?next=%2Forder%2Fabc%2Fconfirmed');
    expect(sent('/orders'), '/login?next=%2Forders');
    expect(sent('/account'), '/login?next=%2Faccount');
    expect(sent('/'), isNull);
    expect(sent('/product/abc'), isNull);
    expect(sent('/settings'), isNull);
    expect(sent('/login'), isNull);
  });

  test('a logged-in user is redirected from the login', () {
    String? sent(String to) => redirectFor(shopper, Uri.parse(to));
    expect(sent('/login?next=%2Fcart'), '/cart');
    expect(sent('/signup'), '/');
    expect(sent('/cart'), isNull);
  });

  test('a login leads nowhere outside the app, and not to a login again', () {
    expect(Routes.destination(null), '/');
    expect(Routes.destination('https://example.com/'), '/');
    expect(Routes.destination('//example.com/'), '/');
    expect(Routes.destination('/login?next=%2Fcart'), '/');
    expect(Routes.destination('/product/abc'), '/product/abc');
    expect(Routes.destination('/?category=Dairy'), '/?category=Dairy');
  });

  test('an address escapes names of any kind', () {
    expect(Routes.productOf('a/b'), '/product/a%2Fb');
    expect(Uri.parse(Routes.categoryOf('Meat & Eggs')).queryParameters['category'], 'Meat & Eggs');
  });
}
