import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/config/dependencies.dart';

import '../../testing/fakes/api_fixture.dart';
import '../../testing/fakes/fake_shop.dart';
import '../../testing/fakes/memory_store.dart';

void main() {
  TestWidgetsFlutterBinding.ensureInitialized();

  late FakeShop shop;
  late MemoryStore store;

  setUp(() {
    store = MemoryStore();
    shop = FakeShop()
      ..always('POST /login', sampleAnswer('login'))
      ..always('GET /products', sampleAnswer('products_page'))
      ..always('GET /cart/{user_id}', sampleAnswer('cart'));
  });

  Future<Dependencies> started() async {
    final all = Dependencies(client: shop.client, store: store);
    addTearDown(all.dispose);
    await all.restore();
    return all;
  }

  test('a login and its address are restored at the next start, with the cart', () async {
    final first = await started();
    await first.address.change(Uri.parse('http://shop.test'));
    await first.auth.login(email: 'asha@example.com', password: 'correct horse battery');
    await Future<void>.delayed(Duration.zero);
    final next = await started();
    expect(next.auth.session?.userId, sampleUserId);
    await next.cart.refresh();
    expect(next.cart.cart.count, 6);
    expect(shop.calls.last.url.host, 'shop.test');
  });

  test('another address ends the session and clears the caches', () async {
    final all = await started();
    await all.auth.login(email: 'asha@example.com', password: 'correct horse battery');
    await all.catalogue.products();
    await all.address.change(Uri.parse('http://other.test'));
    expect(all.auth.isLoggedIn, isFalse);
    expect(all.cart.cart.lines, isEmpty);
    await all.catalogue.products();
    final hosts = shop.callsOf('GET /products').map((call) => call.url.host);
    expect(hosts, [isNot('other.test'), 'other.test']);
  });
}
