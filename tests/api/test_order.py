"""Creating an order from the cart."""

import threading
from decimal import Decimal

from checks import ID, MONEY, TIME, invalid, ok, refused
from instance import wait_until
from journey import add, cart, create, ordered, orders, status


def with_paise(products):
    return [product for product in products if isinstance(product["price"], Decimal)]


def test_an_order_empties_the_cart(shopper, milk):
    ok(add(shopper, milk, 2))
    answer = ok(create(shopper))
    assert answer.keys() >= {"message", "order_id", "total"}
    assert answer["message"] == "Order created"
    assert ID.match(answer["order_id"])
    assert answer["total"] == 120
    assert cart(shopper) == []


def test_the_total_is_exact_to_the_paisa(shopper, buyable):
    lines = with_paise(buyable)[:3] + [p for p in buyable if p not in with_paise(buyable)][:2]
    for n, product in enumerate(lines):
        ok(add(shopper, product, 33 + n))
    expected = sum((33 + n) * Decimal(p["price"]) for n, p in enumerate(lines))
    total = ok(create(shopper))["total"]
    assert total == expected
    assert MONEY.match(str(total))
    (order,) = ok(orders(shopper))
    assert order["total"] == expected


def test_an_empty_cart_cannot_be_ordered(shopper, milk):
    refused(create(shopper), 400, "Cart is empty")
    ordered(shopper, milk)
    refused(create(shopper), 400, "Cart is empty")
    assert len(ok(orders(shopper))) == 1


def test_a_user_cannot_order_for_another(shop, shopper, milk):
    ok(add(shopper, milk))
    other = shop.new_shopper()
    other.user_id = shopper.user_id
    refused(create(other), 403, "Forbidden")
    assert len(cart(shopper)) == 1


def test_the_user_id_is_required(shopper):
    invalid(shopper.post("/order/create", {}), "user_id")


def test_concurrent_creates_of_one_cart_make_one_order(shop, shopper, milk):
    for _ in range(3):
        ok(add(shopper, milk))
        answers = []

        def create_one():
            client = shopper.with_token(shopper.token)
            client.user_id = shopper.user_id
            answers.append(create(client))

        before = len(ok(orders(shopper)))
        threads = [threading.Thread(target=create_one) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        made = {ok(answer)["order_id"] for answer in answers if answer.status == 200}
        assert len(made) == 1, answers
        for answer in answers:
            assert answer.status == 200 or answer.json()["detail"] in (
                "Cart is empty", "Request in progress"), answer
        assert len(ok(orders(shopper))) == before + 1


def test_a_line_added_during_an_order_is_ordered_or_kept_in_the_cart(shop, shopper, buyable):
    product = buyable[2]
    ok(add(shopper, product))
    client = shopper.with_token(shopper.token)
    client.user_id = shopper.user_id
    added = []
    adder = threading.Thread(target=lambda: added.extend(add(client, product) for _ in range(8)))
    adder.start()
    placed = [create(shopper) for _ in range(4)]
    adder.join()
    kept = 1 + sum(answer.status == 200 for answer in added)
    assert all(answer.status == 200 for answer in added), added
    assert all(answer.status in (200, 400, 409) for answer in placed), placed
    sold = sum(item["quantity"] for order in ok(orders(shopper)) for item in order["items"])
    assert sold + sum(line["quantity"] for line in cart(shopper)) == kept


def test_delivery_has_a_new_order_as_placed(shopper, milk):
    order_id = ordered(shopper, milk)
    answer = wait_until(lambda: next((a for a in [status(shopper, order_id)] if a.status == 200),
                                     None), 5, "a status of the order")
    assert ok(answer)["status"] == "PLACED"


def test_the_history_shows_an_order_as_created(shopper, milk, buyable):
    other = next(p for p in buyable if p["_id"] != milk["_id"])
    ok(add(shopper, milk, 2))
    ok(add(shopper, other, 3))
    made = ok(create(shopper))
    (order,) = ok(orders(shopper))
    assert order.keys() >= {"_id", "user_id", "items", "total", "created_at"}
    assert order["_id"] == made["order_id"]
    assert order["user_id"] == shopper.user_id
    assert order["total"] == made["total"]
    assert TIME.match(order["created_at"])
    items = sorted((i["product_id"], i["quantity"], i["price"]) for i in order["items"])
    assert items == sorted((p["_id"], n, p["price"]) for p, n in ((milk, 2), (other, 3)))


def test_order_ids_are_not_predictable(shopper, shop, milk):
    """After the seconds of their creation, ids have equal bytes only by chance."""
    ids = [bytes.fromhex(ordered(shopper, milk))[4:] for _ in range(6)]
    ids += [bytes.fromhex(shop.new_shopper().user_id)[4:] for _ in range(2)]
    for place in range(8):
        assert len({one[place] for one in ids}) > 3, ids
