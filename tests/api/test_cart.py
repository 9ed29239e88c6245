"""The cart of a shopper."""

import threading

import pytest

from checks import ID, UNKNOWN_ID, invalid, ok, refused
from journey import add, cart, line_of


def test_a_new_cart_is_empty(shopper):
    assert cart(shopper) == []


def test_an_added_product_is_a_line_with_name_and_price(shopper, milk):
    assert ok(add(shopper, milk, 2)) == {"message": "Item added to cart"}
    (line,) = cart(shopper)
    assert ID.match(line["_id"])
    assert {name: line[name] for name in ("product_id", "quantity", "name", "price")} == {
        "product_id": milk["_id"], "quantity": 2, "name": "Milk 1L", "price": 60}


def test_adding_the_same_product_adds_the_quantities_up(shopper, milk, buyable):
    ok(add(shopper, milk, 2))
    assert ok(add(shopper, milk, 3)) == {"message": "Quantity updated"}
    (line,) = cart(shopper)
    assert line["quantity"] == 5


def test_different_products_are_lines_of_their_own(shopper, buyable):
    for product in buyable[:5]:
        ok(add(shopper, product))
    assert {line["product_id"] for line in cart(shopper)} == {p["_id"] for p in buyable[:5]}


def test_concurrent_adds_lose_nothing(shop, shopper, milk):
    def add_some():
        client = shopper.with_token(shopper.token)
        client.user_id = shopper.user_id
        answers.extend(add(client, milk, 1) for _ in range(4))

    answers = []
    threads = [threading.Thread(target=add_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    messages = [ok(answer)["message"] for answer in answers]
    assert messages.count("Item added to cart") == 1
    assert [line["quantity"] for line in cart(shopper)] == [16]


@pytest.mark.parametrize("product_id", [UNKNOWN_ID, "1", "", "z" * 24, "a" * 200, "%", "🥛"])
def test_an_unknown_product_cannot_be_added(shopper, product_id):
    refused(add(shopper, product_id), 404, "Product not found")
    assert cart(shopper) == []


def test_a_product_that_is_not_available_cannot_be_added(shopper, catalogue):
    away = [product for product in catalogue if not product["available"]]
    assert away, "the seed has no product that is not available"
    refused(add(shopper, away[0]), 409, "Product not available")
    assert cart(shopper) == []


@pytest.mark.parametrize("quantity", [0, -1, 100, 1.5, "1", True, None, [], 10**19, -10**30])
def test_a_wrong_quantity_is_refused(shopper, milk, quantity):
    invalid(add(shopper, milk, quantity), "quantity")


@pytest.mark.parametrize("wrong", [" {}", "{} ", "{}\t", "\u00a0{}", "{}0", ""])
def test_a_user_id_must_match_its_pattern(shopper, milk, wrong):
    """An id is not trimmed, unlike a text."""
    body = {"user_id": wrong.format(shopper.user_id), "product_id": milk["_id"], "quantity": 1}
    invalid(shopper.post("/cart/add", body), "user_id")


def test_a_missing_quantity_is_refused(shopper, milk):
    body = {"user_id": shopper.user_id, "product_id": milk["_id"]}
    invalid(shopper.post("/cart/add", body), "quantity")


def test_no_line_grows_past_99(shopper, milk):
    cart_id = line_of(shopper, milk, 99)
    refused(add(shopper, milk, 1), 400, "Quantity limit reached")
    refused(shopper.put(f"/cart/increase/{cart_id}"), 400, "Quantity limit reached")
    assert [line["quantity"] for line in cart(shopper)] == [99]
    ok(shopper.put(f"/cart/decrease/{cart_id}"))
    refused(add(shopper, milk, 2), 400, "Quantity limit reached")
    ok(add(shopper, milk, 1))
    assert [line["quantity"] for line in cart(shopper)] == [99]


def test_a_quantity_is_increased_and_decreased_by_one(shopper, milk):
    cart_id = line_of(shopper, milk)
    assert ok(shopper.put(f"/cart/increase/{cart_id}")) == {"message": "Quantity increased"}
    assert [line["quantity"] for line in cart(shopper)] == [2]
    assert ok(shopper.put(f"/cart/decrease/{cart_id}")) == {"message": "Quantity decreased"}
    assert [line["quantity"] for line in cart(shopper)] == [1]


def test_decreasing_a_quantity_of_one_removes_the_line(shopper, milk):
    cart_id = line_of(shopper, milk)
    assert ok(shopper.put(f"/cart/decrease/{cart_id}")) == {"message": "Item removed"}
    assert cart(shopper) == []
    refused(shopper.put(f"/cart/decrease/{cart_id}"), 404, "Item not found")


def test_a_line_is_removed_once(shopper, buyable):
    first = line_of(shopper, buyable[0], 7)
    line_of(shopper, buyable[1])
    assert ok(shopper.delete(f"/cart/remove/{first}")) == {"message": "Item removed"}
    assert [line["product_id"] for line in cart(shopper)] == [buyable[1]["_id"]]
    refused(shopper.delete(f"/cart/remove/{first}"), 404, "Item not found")


CALLS = [("PUT", "increase"), ("PUT", "decrease"), ("DELETE", "remove")]


@pytest.mark.parametrize("method, word", CALLS)
@pytest.mark.parametrize("cart_id", [UNKNOWN_ID, "1", "z" * 24, "%20", "a" * 300])
def test_an_unknown_line_is_not_found(shopper, method, word, cart_id):
    refused(shopper.call(method, f"/cart/{word}/{cart_id}"), 404, "Item not found")


@pytest.mark.parametrize("method, word", CALLS)
def test_another_users_line_is_not_found_and_unchanged(shop, shopper, milk, method, word):
    cart_id = line_of(shopper, milk, 3)
    other = shop.new_shopper()
    refused(other.call(method, f"/cart/{word}/{cart_id}"), 404, "Item not found")
    assert [line["quantity"] for line in cart(shopper)] == [3]


def test_another_users_cart_can_be_neither_read_nor_changed(shop, shopper, milk):
    other = shop.new_shopper()
    refused(other.get(f"/cart/{shopper.user_id}"), 403, "Forbidden")
    other.user_id = shopper.user_id
    refused(add(other, milk), 403, "Forbidden")
    assert cart(shopper) == []


def test_a_cart_holds_100_lines(shopper, buyable):
    assert len(buyable) > 100, "the seed has too few products for this test"
    for product in buyable[:100]:
        ok(add(shopper, product))
    refused(add(shopper, buyable[100]), 400, "Cart is full")
    assert ok(add(shopper, buyable[0])) == {"message": "Quantity updated"}
    lines = cart(shopper)
    assert len(lines) == 100
    ok(shopper.delete(f"/cart/remove/{lines[5]['_id']}"))
    ok(add(shopper, buyable[100]))


def test_carts_of_two_users_are_separate(shop, shopper, milk, buyable):
    other = shop.new_shopper()
    ok(add(shopper, milk))
    ok(add(other, buyable[3], 4))
    assert [line["quantity"] for line in cart(shopper)] == [1]
    assert [line["product_id"] for line in cart(other)] == [buyable[3]["_id"]]


def test_unknown_fields_are_ignored(shopper, milk):
    body = {"user_id": shopper.user_id, "product_id": milk["_id"], "quantity": 1,
            "price": 0.01, "name": "Free milk", "extra": {"a": [1, 2, {"b": None}]}}
    ok(shopper.post("/cart/add", body))
    (line,) = cart(shopper)
    assert (line["price"], line["name"]) == (60, "Milk 1L")
