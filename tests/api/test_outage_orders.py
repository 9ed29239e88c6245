"""Orders during an outage of delivery or product, and their completion after it."""

import os
import time

import pytest

from checks import OUTAGE_BOUND, ok, unavailable
from instance import BUILD, wait_until
from journey import (add, cancel, cart, client_of_same_user, create, move, one_order, ordered, orders, race,
                     set_stock, status, stock_of, stopped_pool, wait_for_delivery_record, wait_for_recovery)

OUTAGE_STATUSES = (502, 503, 504)  # of the gateway, when a pool does not answer
ORDERS = 12
# Seconds from a pool's start until each order has its record; the sanitizers' build is slow.
RECORD_BOUND = 5 if BUILD == "release" else 15


@pytest.fixture
def shoppers(spare, milk):
    """Shoppers with milk in their carts; the system works again at the end."""
    set_stock(spare, milk, 100_000)
    found = [spare.new_shopper() for _ in range(ORDERS)]
    for shopper in found:
        ok(add(shopper, milk))
    yield found
    wait_for_recovery(spare, milk)


@pytest.fixture
def bread(spare):
    """A product that no other test of the spare system orders, so that its stock is exact."""
    found = ok(spare.guest().get("/products?q=bread"))
    product = next(p for p in found if p["name"] == "Bread")
    set_stock(spare, product, 40)
    wait_until(lambda: stock_of(spare, product) == 40, 10, "the stock of bread is set")
    return product


# ---- delivery ----

def test_orders_created_while_delivery_is_stopped_get_their_records(spare, shoppers, bread):
    with stopped_pool(spare, "delivery"):
        for shopper in shoppers:
            ok(add(shopper, bread, 2))
        answers = race([lambda s=shopper: create(s) for shopper in shoppers])
        made = [ok(answer)["order_id"] for answer in answers]
        for shopper, order_id, answer in zip(shoppers, made, answers):
            assert answer.seconds < OUTAGE_BOUND, answer
            order = ok(one_order(shopper, order_id))
            assert order["status"] == "PLACED", order
            assert [change["status"] for change in order["history"]] == ["PLACED"]
            assert status(shopper, order_id).status in OUTAGE_STATUSES
        time.sleep(3)  # longer than the sweeper waits for an order in progress
    wait_until(lambda: spare.guest("delivery").get("/readyz").status == 200, 30, "delivery is ready")
    back = time.monotonic()
    for shopper, order_id in zip(shoppers, made):
        wait_until(lambda s=shopper, o=order_id: status(s, o).status == 200, 30, "delivery has a record")
    assert time.monotonic() - back < RECORD_BOUND
    for shopper, order_id in zip(shoppers, made):
        assert ok(status(shopper, order_id))["status"] == "PLACED"
        assert [order["_id"] for order in ok(orders(shopper))] == [order_id]
    assert stock_of(spare, bread) == 40 - 2 * ORDERS


def test_a_late_dispatch_changes_no_later_state(spare, shoppers):
    courier = spare.staff("courier")
    with stopped_pool(spare, "delivery"):
        made = [ok(create(shopper))["order_id"] for shopper in shoppers[:3]]
    for shopper, order_id in zip(shoppers, made):
        wait_for_delivery_record(shopper, order_id)
        ok(move(courier, order_id, "PACKED"))
    time.sleep(3)
    for shopper, order_id in zip(shoppers, made):
        assert ok(one_order(shopper, order_id))["status"] == "PACKED"


def test_an_order_is_not_cancelled_while_delivery_is_stopped(spare, shoppers, bread):
    shopper, other = shoppers[:2]
    ok(add(shopper, bread, 3))
    known = ok(create(shopper))["order_id"]
    wait_for_delivery_record(shopper, known)
    with stopped_pool(spare, "delivery"):
        unknown = ordered(other, bread, 4)
        for client, order_id in ((shopper, known), (other, unknown)):
            for key in (None, "k", "k"):
                unavailable(cancel(client, order_id, key))
    for client, order_id in ((shopper, known), (other, unknown)):
        wait_until(lambda c=client, o=order_id: cancel(c, o, "k").status == 200, 20, "it works")
        assert ok(cancel(client, order_id)) == {"message": "Order cancelled",
                                                "order_id": order_id}
        assert ok(status(client, order_id))["status"] == "CANCELLED"
        order = ok(one_order(client, order_id))
        assert [change["status"] for change in order["history"]] == ["PLACED", "CANCELLED"]
    wait_until(lambda: stock_of(spare, bread) == 40, 20, "the stock of bread is returned")
    time.sleep(3)
    assert stock_of(spare, bread) == 40


# ---- product ----

def test_no_order_is_created_while_product_is_stopped(spare, shoppers, bread):
    for shopper in shoppers:
        ok(add(shopper, bread))
    key = os.urandom(8).hex()
    with stopped_pool(spare, "product"):
        for shopper in shoppers[:4]:
            unavailable(create(shopper))
            unavailable(create(shopper, key=key))
            assert len(cart(shopper)) == 2
            assert ok(orders(shopper)) == []
        for answer in race([lambda c=client_of_same_user(shoppers[5]): create(c) for _ in range(4)]):
            assert answer.status == 503 or answer.json()["detail"] == "Request in progress", answer
    for shopper in shoppers:
        wait_until(lambda s=shopper: create(s, key=key).status == 200, 30, "it works again")
        assert cart(shopper) == []
        assert len(ok(orders(shopper))) == 1
    # Reservations of orders that were not created are released within a minute.
    wait_until(lambda: stock_of(spare, bread) == 40 - ORDERS, 60, "all reservations are released")


def test_a_cancelled_order_returns_its_stock_after_an_outage_of_product(spare, shoppers, bread):
    shopper = shoppers[0]
    ok(add(shopper, bread, 5))
    order_id = ok(create(shopper))["order_id"]
    wait_for_delivery_record(shopper, order_id)
    with stopped_pool(spare, "product"):
        wait_until(lambda: cancel(shopper, order_id).status in (200, 503), 10, "an answer")
    wait_until(lambda: cancel(shopper, order_id).status == 200, 30, "it is cancelled")
    assert ok(one_order(shopper, order_id))["status"] == "CANCELLED"
    wait_until(lambda: stock_of(spare, bread) == 40, 60, "the stock of bread is returned")
    time.sleep(3)
    assert stock_of(spare, bread) == 40
