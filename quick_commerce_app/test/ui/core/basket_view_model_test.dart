import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/ui/core/basket_view_model.dart';

import '../../../testing/fakes/fake_auth_repository.dart';
import '../../../testing/fakes/fake_cart_repository.dart';
import '../../../testing/fakes/samples.dart';

void main() {
  late FakeCartRepository cart;

  setUp(() => cart = FakeCartRepository(lines: [sampleLine(sampleBread, 3)]));

  BasketViewModel make({bool loggedIn = true}) => BasketViewModel(
    cart: cart,
    auth: FakeAuthRepository(loggedIn: loggedIn),
  );

  test('adds, and sums up', () {
    final basket = make();
    expect(basket.step(sampleMilk, 1), StepOutcome.changed);
    expect(basket.quantityOf(sampleMilk.productId), 1);
    expect(basket.count, 4);
    expect(basket.total, 3 * 4050 + 6000);
    basket.dispose();
  });

  test('the last unit is removed', () {
    final basket = make();
    basket.setQuantity(sampleBread, 1);
    expect(basket.step(sampleBread, -1), StepOutcome.removed);
    expect(basket.quantityOf(sampleBread.productId), 0);
    basket.dispose();
  });

  test('the quantity is limited to the stock', () {
    final basket = make();
    expect(basket.step(sampleBread, 1), StepOutcome.tooMany);
    expect(basket.quantityOf(sampleBread.productId), 3);
    basket.dispose();
  });

  test('a guest’s wish is kept', () {
    final basket = make(loggedIn: false);
    expect(basket.step(sampleMilk, 1), StepOutcome.needsLogin);
    expect(cart.wish, sampleMilk);
    expect(cart.calls, ['wish ${sampleMilk.productId}']);
    basket.dispose();
  });

  test('notifies of the cart’s changes until it is disposed of', () {
    final basket = make();
    var notifications = 0;
    basket.addListener(() => notifications++);
    cart.setQuantity(sampleMilk, 2);
    expect(notifications, 1);
    basket.dispose();
    cart.setQuantity(sampleMilk, 3);
    expect(notifications, 1);
  });
}
