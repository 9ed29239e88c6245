"""Stock: the calls between services, and the stock in the catalogue."""

import os
import threading
import time

import pytest

from checks import UNKNOWN_ID, invalid, ok, refused
from instance import POOLS, wait_until
from journey import set_stock, stock_of
from tokens import service_token

# The last three are the paths of the previous version, which the next version removes.
CALLS = ("reserve", "release", "confirm", "forget", "take", "give-back", "settle")


class Stock:
    """The internal stock calls."""

    def __init__(self, shop):
        internal_client = shop.guest("internal")
        self.client = internal_client.with_token(service_token(shop))

    def post(self, call, **body):
        return self.client.post(f"/internal/stock/{call}", body)

    def reserve(self, order_id, *lines):
        return self.post("reserve", order_id=order_id, items=items(*lines))

    def release(self, order_id, *lines, sold=False, **more):
        return self.post("release", order_id=order_id, items=items(*lines), sold=sold, **more)

    def confirm(self, *order_ids):
        return self.post("confirm", orders=[{"order_id": order_id} for order_id in order_ids])

    def forget(self, *order_ids):
        return self.post("forget", orders=[{"order_id": order_id} for order_id in order_ids])


def items(*lines):
    return [{"product_id": product["_id"], "quantity": quantity} for product, quantity in lines]


def new_order():
    return os.urandom(12).hex()


def wait_for_stock(shop, product, stock, seconds=5):
    wait_until(lambda: stock_of(shop, product) == stock, seconds, f"the stock is {stock}")


@pytest.fixture
def stock(shop):
    return Stock(shop)


@pytest.fixture
def two(shop, rarities):
    """Two products that no other test uses, with a stock of ten."""
    products = [next(rarities), next(rarities)]
    for product in products:
        set_stock(shop, product, 10)
        wait_for_stock(shop, product, 10)
    yield products
    for product in products:
        set_stock(shop, product, 500)


# ---- calls between services ----

def test_reserve_confirm_and_return(shop, stock, two):
    order_id, lines = new_order(), [(two[0], 3), (two[1], 10)]
    for _ in range(2):
        answer = ok(stock.reserve(order_id, *lines))
        assert answer == {"items": [
            {"product_id": p["_id"], "name": p["name"], "price": p["price"]} for p in two]}
    wait_for_stock(shop, two[0], 7)
    wait_for_stock(shop, two[1], 0)
    for _ in range(2):
        assert ok(stock.confirm(order_id, new_order())) == {"message": "Stock confirmed"}
    for _ in range(2):
        answer = ok(stock.release(order_id, *lines, sold=True))
        assert answer == {"message": "Stock released"}
    wait_for_stock(shop, two[0], 10)
    wait_for_stock(shop, two[1], 10)
    body = stock.reserve(order_id, *lines)
    late = stock.reserve(order_id, *lines)
    assert (late.status, late.json()["code"]) == (409, "stock_given_back"), late


def test_a_refusal_names_the_products_and_reserves_nothing(shop, stock, two):
    order_id = new_order()
    unknown = {"_id": UNKNOWN_ID}
    answer = stock.reserve(order_id, (unknown, 1), (two[0], 10), (two[1], 11))
    body = refused(answer, 409, "Out of stock")
    assert body["product_ids"] == [UNKNOWN_ID, two[1]["_id"]]
    ok(stock.reserve(new_order(), (two[0], 10), (two[1], 10)))
    wait_for_stock(shop, two[0], 0)


def test_malformed_calls_get_validation_errors(stock, two):
    line = {"product_id": two[0]["_id"], "quantity": 1}
    order_id = new_order()
    for call, more in (("reserve", {}), ("release", {"sold": False})):
        for wrong in ([], [line, line], [line] * 101, {}, None, "x"):
            invalid(stock.post(call, order_id=order_id, items=wrong, **more), "items")
        for quantity in (0, -1, 100, 1.5, "1", None):
            invalid(stock.post(call, order_id=order_id, items=[{**line, "quantity": quantity}],
                               **more), "quantity")
        invalid(stock.post(call, order_id="x", items=[line], **more), "order_id")
        invalid(stock.post(call, order_id=order_id, items=[{**line, "product_id": "x"}], **more),
                "product_id")
    invalid(stock.post("release", order_id=order_id, items=[line]), "sold")
    invalid(stock.post("confirm", orders=[]), "orders")
    invalid(stock.post("confirm", orders=[{"order_id": order_id}] * 1001), "orders")
    invalid(stock.post("forget", orders=[]), "orders")
    invalid(stock.post("release", order_id=order_id, items=[line], sold=False, answered=1),
            "answered")
    for wrong in (-1, "1", 1.5):
        invalid(stock.post("release", order_id=order_id, items=[line], sold=False,
                           abandoned_ms=wrong), "abandoned_ms")


def test_release_of_an_answered_reserve_leaves_no_tombstone(stock, two):
    """The same order can reserve again."""
    order_id, lines = new_order(), [(two[0], 3), (two[1], 4)]
    for _ in range(2):
        ok(stock.reserve(order_id, *lines))
        ok(stock.release(order_id, *lines, answered=True))
    ok(stock.reserve(order_id, *lines))
    ok(stock.release(order_id, *lines))
    late = stock.reserve(order_id, *lines)
    assert (late.status, late.json()["code"]) == (409, "stock_given_back"), late


def test_a_product_has_a_hundred_tombstones_at_the_most(shop, stock, two):
    orders = [new_order() for _ in range(101)]
    for order_id in orders[:-1]:
        ok(stock.release(order_id, (two[0], 1), sold=True))
    refusal = refused(stock.release(orders[-1], (two[0], 1), (two[1], 1), sold=True),
                      409, "Stock release put off")
    assert refusal["product_ids"] == [two[0]["_id"]]
    wait_for_stock(shop, two[0], 110)
    wait_for_stock(shop, two[1], 10)
    assert ok(stock.forget(orders[0])) == {"message": "Tombstones removed"}
    for _ in range(2):
        ok(stock.release(orders[-1], (two[0], 1), (two[1], 1), sold=True))
    wait_for_stock(shop, two[0], 111)
    wait_for_stock(shop, two[1], 11)
    ok(stock.forget(*orders))


def test_a_thousand_orders_are_confirmed_at_a_time(stock):
    ok(stock.confirm(*(new_order() for _ in range(1000))))


@pytest.mark.parametrize("call", CALLS)
def test_stock_calls_need_a_service_token_and_the_internal_listener(shop, shopper, admin, call):
    path = f"/internal/stock/{call}"
    service = service_token(shop)
    for listener in ("gateway", *POOLS):
        outside = shop.guest(listener).with_token(service)
        refused(outside.post(path, {}), 404, "Not Found")
    internal_client = shop.guest("internal")
    refused(internal_client.post(path, {}), 401, "Missing token")
    for client in (shopper, admin):
        refused(internal_client.with_token(client.token).post(path, {}), 403, "Forbidden")
    invalid(internal_client.with_token(service).post(path, {}))


# ---- what the catalogue shows ----

def seconds_until(condition, limit=10):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < limit
        time.sleep(0.02)
    return time.monotonic() - began


def test_the_paths_of_the_previous_version_are_aliases(shop, stock, two):
    order_id, line = new_order(), {"product_id": two[0]["_id"], "quantity": 3}
    ok(stock.post("take", order_id=order_id, items=[line]))
    wait_for_stock(shop, two[0], 7)
    ok(stock.post("settle", orders=[{"order_id": order_id}]))
    ok(stock.post("give-back", order_id=order_id, items=[line], sold=True))
    wait_for_stock(shop, two[0], 10)
    ok(stock.forget(order_id))


def test_the_catalogue_shows_a_stock_within_two_seconds(shop, two):
    """From every worker: several answers in a row have it."""
    for number in (4, 0, 1_000_000):
        set_stock(shop, two[0], number)
        assert seconds_until(lambda left=number: all(
            stock_of(shop, two[0]) == left for _ in range(6))) < 2


def test_continuous_stock_changes_do_not_delay_the_catalogue(shop, stock, two):
    """Changes without a pause must not delay the snapshot."""
    over = threading.Event()
    made = []

    def change():
        busy = Stock(shop)
        while not over.is_set():
            order_id = new_order()
            ok(busy.reserve(order_id, (two[1], 1)))
            ok(busy.release(order_id, (two[1], 1), answered=True))
            made.append(order_id)

    threads = [threading.Thread(target=change) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        waits = []
        for number in (7, 3, 9, 1):
            set_stock(shop, two[0], number)
            waits.append(seconds_until(lambda left=number: all(
                stock_of(shop, two[0]) == left for _ in range(6))))
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert max(waits) < 2, waits
    assert len(made) > 30, "there was no stream of changes"
    wait_for_stock(shop, two[1], 10)
