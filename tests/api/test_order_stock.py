"""Stock, totals and prices of orders."""

import time
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pymongo
import pytest
from bson import Int64, ObjectId

from checks import UNKNOWN_ID, invalid, ok, refused
from instance import wait_until
from journey import (add, add_when_available, cart, client_of_same_user, create, one_order, ordered, orders,
                     race, set_stock, stock_of)


def out_of_stock(answer, *products):
    """Asserts the refusal that names exactly these products."""
    body = refused(answer, 409, "Out of stock")
    assert sorted(body["product_ids"]) == sorted(p["_id"] for p in products), answer


def wait_for_stock(shop, product, stock):
    wait_until(lambda: stock_of(shop, product) == stock, 20, f"the stock is {stock}")


@pytest.fixture
def products(shop):
    """The collection of products, for changes that no call makes."""
    with pymongo.MongoClient(shop.database) as client:
        yield client["product_db"]["products"]


def change(products, product, **values):
    done = products.update_one({"_id": ObjectId(product["_id"])}, {"$set": values})
    assert done.matched_count == 1


# ---- stock ----

def test_an_order_reduces_the_stock(shop, shopper, rare):
    set_stock(shop, rare, 7)
    ordered(shopper, rare, 3)
    wait_for_stock(shop, rare, 4)
    ordered(shopper, rare, 4)
    wait_for_stock(shop, rare, 0)


def test_an_order_cannot_exceed_the_stock(shop, shopper, rare):
    set_stock(shop, rare, 2)
    ok(add(shopper, rare, 3))
    before = cart(shopper)
    out_of_stock(create(shopper), rare)
    assert cart(shopper)[0]["_id"] == before[0]["_id"] and cart(shopper)[0]["quantity"] == 3
    assert ok(orders(shopper)) == []
    ok(shopper.put(f"/cart/decrease/{before[0]['_id']}"))
    ok(create(shopper))
    wait_for_stock(shop, rare, 0)


def test_a_refused_order_reserves_nothing_of_its_other_lines(shop, shopper, milk, rarities):
    enough, short, gone = (next(rarities) for _ in range(3))
    for product, stock in ((enough, 10), (short, 10), (gone, 10)):
        set_stock(shop, product, stock)
    for product in (enough, short, gone):
        ok(add(shopper, product, 5))
    set_stock(shop, short, 4)
    set_stock(shop, gone, 0)
    for _ in range(2):
        out_of_stock(create(shopper), short, gone)
    assert len(cart(shopper)) == 3
    wait_for_stock(shop, enough, 10)
    for product in (short, gone):
        set_stock(shop, product, 5)
    ok(create(shopper))
    wait_for_stock(shop, enough, 5)


def test_a_cart_line_shows_the_stock(shop, shopper, rare):
    set_stock(shop, rare, 8)
    ok(add(shopper, rare))
    for stock in (5, 0, 1_000_000):
        set_stock(shop, rare, stock)
        wait_until(lambda left=stock: cart(shopper)[0]["stock"] == left, 10, f"it shows {stock}")
        (line,) = cart(shopper)
        assert (line["available"], line["name"], line["price"], line["quantity"]) == (
            True, rare["name"], rare["price"], 1)


def test_a_sold_out_product_is_not_added_but_stays_in_carts(shop, shopper, rare):
    ok(add(shopper, rare, 2))
    set_stock(shop, rare, 0)
    other = shop.new_shopper()

    def sold_out():
        answer = add(other, rare)
        return answer if answer.status == 409 else None

    refused(wait_until(sold_out, 10, "it cannot be added any more"), 409, "Product not available")
    assert [line["quantity"] for line in cart(shopper)] == [2]
    out_of_stock(create(shopper), rare)
    set_stock(shop, rare, 2)
    add_when_available(shop.new_shopper(), rare)
    ok(create(shopper))


def test_an_unavailable_line_is_not_ordered(shop, shopper, milk, rare, products):
    ok(add(shopper, rare))
    ok(add(shopper, milk))
    change(products, rare, available=False)
    wait_until(lambda: not all(line["available"] for line in cart(shopper)), 10, "carts show it")
    out_of_stock(create(shopper), rare)
    assert len(cart(shopper)) == 2
    change(products, rare, available=True)
    ok(create(shopper))


def test_an_order_uses_the_stock_and_not_the_replica(shop, shopper, rare, products):
    """The replica may be older than the stock."""
    for _ in range(5):
        add_when_available(shopper, rare)
        change(products, rare, available=False)
        out_of_stock(create(shopper), rare)
        change(products, rare, available=True)
        ok(create(shopper))


# ---- races ----

def buyers_of(shop, product, n, quantity=1):
    """Shoppers with the product in their carts."""
    found = [shop.new_shopper() for _ in range(n)]
    for buyer in found:
        add_when_available(buyer, product, quantity)
    return found


@pytest.mark.parametrize("stock, quantity", [(1, 1), (5, 1), (7, 2)])
def test_concurrent_orders_succeed_up_to_the_stock(shop, rare, stock, quantity):
    buyers = buyers_of(shop, rare, 12, quantity)
    set_stock(shop, rare, stock)
    answers = race([lambda b=buyer: create(b) for buyer in buyers])
    served = [buyer for buyer, answer in zip(buyers, answers) if answer.status == 200]
    assert len(served) == stock // quantity, answers
    for buyer, answer in zip(buyers, answers):
        if buyer in served:
            assert cart(buyer) == []
        else:
            out_of_stock(answer, rare)
            assert [line["quantity"] for line in cart(buyer)] == [quantity]
            assert ok(orders(buyer)) == []
    wait_for_stock(shop, rare, stock % quantity)


def test_carts_with_the_same_products_do_not_block_each_other(shop, rarities):
    """Each buyer orders both; a reservation of the first is released where the second is refused."""
    first, second = next(rarities), next(rarities)
    for product in (first, second):
        set_stock(shop, product, 4)
    buyers = [shop.new_shopper() for _ in range(8)]
    for n, buyer in enumerate(buyers):
        for product in (first, second)[::1 if n % 2 else -1]:
            ok(add(buyer, product))
    answers = race([lambda b=buyer: create(b) for buyer in buyers])
    assert {answer.status for answer in answers} <= {200, 409}, answers
    served = [answer.status for answer in answers].count(200)
    assert 1 <= served <= 4, answers
    # The released reservation of a refused buyer can be ordered by others.
    for buyer, answer in zip(buyers, answers):
        if answer.status == 409 and served < 4:
            served += create(buyer).status == 200
    assert served == 4
    for product in (first, second):
        wait_for_stock(shop, product, 0)


def test_a_repeated_order_of_the_last_unit_buys_it_once(shop, shopper, rare):
    set_stock(shop, rare, 1)
    ok(add(shopper, rare))
    answers = race([lambda c=client_of_same_user(shopper): create(c) for _ in range(5)])
    assert [answer.status for answer in answers].count(200) == 1, answers
    for answer in answers:
        assert answer.status == 200 or answer.json()["detail"] in (
            "Cart is empty", "Request in progress"), answer
    assert len(ok(orders(shopper))) == 1 and cart(shopper) == []
    wait_for_stock(shop, rare, 0)


# ---- totals ----

def test_the_displayed_total_is_accepted(shopper, buyable):
    products = [p for p in buyable if isinstance(p["price"], Decimal)][:2] + buyable[5:7]
    for n, product in enumerate(products):
        ok(add(shopper, product, n + 1))
    total = sum(line["price"] * line["quantity"] for line in cart(shopper))
    number = float(total) if isinstance(total, Decimal) else total
    assert ok(create(shopper, number))["total"] == total


@pytest.mark.parametrize("expected", [0, 0.01, 119.99, 120.01, 119, 121, 90_000_000])
def test_another_expected_total_is_refused(shop, shopper, milk, expected):
    ok(add(shopper, milk, 2))
    assert refused(create(shopper, expected), 409, "Total changed")["total"] == 120
    assert [line["quantity"] for line in cart(shopper)] == [2]
    assert ok(orders(shopper)) == []
    assert ok(create(shopper, 120))["total"] == 120


def test_a_total_with_paise_is_exact(shopper, buyable):
    product = next(p for p in buyable if isinstance(p["price"], Decimal))
    ok(add(shopper, product, 3))
    body = refused(create(shopper, 1), 409, "Total changed")
    assert body["total"] == 3 * product["price"]
    assert body["code"] == "total_changed"


def test_an_order_with_a_refused_total_reserves_no_stock(shop, shopper, rare):
    set_stock(shop, rare, 2)
    ok(add(shopper, rare, 2))
    refused(create(shopper, 1), 409, "Total changed")
    other = shop.new_shopper()
    ok(add(other, rare, 2))
    ok(create(other))
    out_of_stock(create(shopper), rare)


@pytest.mark.parametrize("wrong", ["60", "", True, [], {}, -1, -0.5, 0.001, 60.005, 1e300])
def test_a_malformed_total_is_invalid(shopper, milk, wrong):
    ok(add(shopper, milk))
    invalid(create(shopper, wrong), "expected_total")
    assert len(cart(shopper)) == 1


def test_a_total_of_null_is_invalid(shopper, milk):
    """A client without a total must not order at any price."""
    ok(add(shopper, milk))
    invalid(shopper.post("/order/create", {"user_id": shopper.user_id, "expected_total": None}),
            "expected_total")
    assert len(cart(shopper)) == 1


def test_an_empty_cart_is_refused_with_any_expected_total(shopper):
    for expected in (0, 60):
        refused(create(shopper, expected), 400, "Cart is empty")


# ---- prices ----

def test_an_order_has_the_price_at_its_time(shopper, rare, products):
    ok(add(shopper, rare, 2))
    change(products, rare, price=12_345)
    assert ok(create(shopper))["total"] == Decimal("246.9")
    (order,) = ok(orders(shopper))
    assert order["items"][0]["price"] == Decimal("123.45")
    change(products, rare, price=500, name="Another name")
    (item,) = ok(one_order(shopper, order["_id"]))["items"]
    assert (item["price"], item["name"]) == (Decimal("123.45"), rare["name"])


def test_a_raised_price_is_refused_with_the_new_total_first(shopper, rare, products):
    ok(add(shopper, rare))
    change(products, rare, price=7_000)
    wait_until(lambda: cart(shopper)[0]["price"] == 70, 10, "the cart shows the price")
    change(products, rare, price=7_050)

    def wait_for_delivery_record():
        return refused(create(shopper, 70), 409, "Total changed")["total"] == Decimal("70.5")

    wait_until(wait_for_delivery_record, 2, "each process has the first price, or the second")
    wait_until(lambda: cart(shopper)[0]["price"] == Decimal("70.5"), 10, "the cart shows it too")
    # Another process may get it a moment later: an old price refuses orders only for a short time.
    wait_until(lambda: create(shopper, 70.5).status == 200, 2, "the order has that price")
    assert ok(orders(shopper))[0]["total"] == Decimal("70.5")


# ---- changes of stock ----

@pytest.mark.parametrize("stock", [0, 1, 1_000_000])
def test_an_admin_sets_a_stock(shop, admin, rare, stock):
    answer = admin.put(f"/products/{rare['_id']}/stock", json_body={"stock": stock})
    assert ok(answer) == {"message": "Stock updated"}
    wait_for_stock(shop, rare, stock)
    assert ok(shop.guest().get(f"/products/{rare['_id']}"))["available"]


@pytest.mark.parametrize("bad", [UNKNOWN_ID, "1", "z" * 24])
def test_the_stock_of_an_unknown_product_is_not_found(admin, bad):
    answer = admin.put(f"/products/{bad}/stock", json_body={"stock": 1})
    refused(answer, 404, "Product not found")


def test_a_stock_that_was_set_can_be_sold(shop, shopper, rare):
    set_stock(shop, rare, 5)
    ordered(shopper, rare, 2)
    wait_for_stock(shop, rare, 3)
    set_stock(shop, rare, 5)
    ordered(shopper, rare, 5)
    wait_for_stock(shop, rare, 0)


def put_stock(admin, product, **body):
    return admin.put(f"/products/{product['_id']}/stock", json_body=body)


def test_a_stock_other_than_expected_is_not_changed(shop, admin, rare):
    set_stock(shop, rare, 5)
    answer = put_stock(admin, rare, stock=9, expected_stock=4)
    assert refused(answer, 409, "Stock changed") == {
        "detail": "Stock changed", "code": "stock_changed", "stock": 5}
    ok(put_stock(admin, rare, stock=0, expected_stock=5))
    ok(put_stock(admin, rare, stock=9, expected_stock=0))
    wait_for_stock(shop, rare, 9)


def test_a_stock_is_changed_by_a_difference(shop, admin, shopper, rare):
    set_stock(shop, rare, 5)
    ok(put_stock(admin, rare, delta=10))
    ordered(shopper, rare, 2)
    ok(put_stock(admin, rare, delta=-13))
    wait_for_stock(shop, rare, 0)
    for delta, left in ((-1, 0), (1_000_000, 1)):
        if left:
            ok(put_stock(admin, rare, delta=left))
        assert refused(put_stock(admin, rare, delta=delta), 409, "Stock changed")["stock"] == left


def test_an_admin_takes_a_product_out_of_sale(shop, admin, rare):
    set_stock(shop, rare, 5)
    for available in (False, True):
        ok(put_stock(admin, rare, delta=0, available=available))
        wait_until(lambda now=available: ok(shop.guest().get(f"/products/{rare['_id']}"))[
            "available"] == now, 10, f"available is {available}")
        wait_for_stock(shop, rare, 5)


@pytest.mark.parametrize("body, field", [
    ({}, "stock"), ({"available": True}, "stock"), ({"expected_stock": 1}, "stock"),
    ({"stock": 1, "delta": 1}, "delta"), ({"delta": 1, "expected_stock": 1}, "expected_stock"),
    ({"stock": 1, "expected_stock": None}, "expected_stock"),
    ({"stock": 1, "expected_stock": -1}, "expected_stock"), ({"delta": 1.5}, "delta"),
    ({"delta": None}, "delta"), ({"delta": 1_000_001}, "delta"), ({"delta": -1_000_001}, "delta"),
    ({"stock": 1, "available": 1}, "available"), ({"stock": 1, "available": None}, "available"),
])
def test_a_malformed_stock_change_changes_nothing(shop, admin, rare, body, field):
    set_stock(shop, rare, 5)
    invalid(put_stock(admin, rare, **body), field)
    wait_for_stock(shop, rare, 5)


def abandoned_checkout(rare):
    """An abandoned order whose stock is not released yet; the sweeper releases it."""
    now = datetime.now(timezone.utc)
    return {"_id": ObjectId(), "user_id": str(ObjectId()), "state": "ABANDONED",
            "due": now + timedelta(seconds=2), "abandoned_at": now, "answered": True,
            "items": [{"product_id": ObjectId(rare["_id"]), "quantity": Int64(1)}],
            "request_id": "0" * 32, "traceparent": ""}


@pytest.mark.parametrize("set_before, left", [(False, 50), (True, 51)])
def test_setting_a_stock_includes_the_units_of_orders_abandoned_before(
        shop, admin, rare, products, set_before, left):
    """A unit that was reserved while the stock was set is added when its order is abandoned later."""
    checkouts = products.database.client["cart_db"]["checkouts"]
    order = abandoned_checkout(rare)
    change(products, rare, stock=9, holds=[
        {"order_id": order["_id"], "quantity": Int64(1), "at": datetime.now(timezone.utc)}])
    if set_before:
        ok(put_stock(admin, rare, stock=50))
        time.sleep(0.01)
        order["abandoned_at"] = datetime.now(timezone.utc)
    checkouts.insert_one(order)
    if not set_before:
        time.sleep(0.01)
        ok(put_stock(admin, rare, stock=50))
    wait_until(lambda: not checkouts.find_one({"_id": order["_id"]}), 10, "the stock is released")
    found = products.find_one({"_id": ObjectId(rare["_id"])})
    assert (found["stock"], found["holds"]) == (left, [])


def test_an_expired_reservation_is_not_added_to_a_stock_that_is_set(shop, admin, rare, products):
    """The number that staff set includes the units of expired reservations."""
    change(products, rare, stock=2, holds=[
        {"order_id": ObjectId(), "quantity": 3,
         "at": datetime.now(timezone.utc) - timedelta(minutes=1)}])
    ok(put_stock(admin, rare, stock=5))
    found = products.find_one({"_id": ObjectId(rare["_id"])})
    assert (found["stock"], found["holds"]) == (5, [])
