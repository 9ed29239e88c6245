"""Cancelling a placed order, and the return of its stock."""

import time

import pytest

from checks import TIME, UNKNOWN_ID, ok, refused
from instance import wait_until
from journey import (add, cancel, cart, client_of_same_user, create, move, one_order, ordered, orders, race,
                     set_stock, status, stock_of, wait_for_delivery_record)

WAY = ["PACKED", "OUT_FOR_DELIVERY", "DELIVERED"]
TOO_LATE = (409, "Order can no longer be cancelled")


def states(client, order_id):
    """[(status, by)] of an order's history."""
    return [(change["status"], change["by"])
            for change in ok(one_order(client, order_id))["history"]]


def assert_stock_stays(shop, stock, *products):
    """Asserts that the stock of each product reaches a value, and keeps it during the sweeper's next runs."""
    for product in products:
        wait_until(lambda p=product: stock_of(shop, p) == stock, 20, f"the stock is {stock}")
    time.sleep(3)
    for product in products:
        assert {stock_of(shop, product) for _ in range(8)} == {stock}


@pytest.fixture
def order_id(shopper, milk):
    return ordered(shopper, milk, 2)


def test_the_owner_cancels(shopper, order_id):
    assert ok(cancel(shopper, order_id)) == {"message": "Order cancelled", "order_id": order_id}
    assert ok(one_order(shopper, order_id))["status"] == "CANCELLED"
    assert ok(status(shopper, order_id))["status"] == "CANCELLED"
    assert states(shopper, order_id) == [("PLACED", "service"), ("CANCELLED", "customer")]


def test_an_admin_cancels(shopper, admin, order_id):
    wait_for_delivery_record(shopper, order_id)
    assert ok(cancel(admin, order_id)) == {"message": "Order cancelled", "order_id": order_id}
    assert states(shopper, order_id) == [("PLACED", "service"), ("CANCELLED", "admin")]


def test_a_history_is_in_order_of_time_and_names_no_person(shopper, order_id):
    ok(cancel(shopper, order_id))
    history = ok(one_order(shopper, order_id))["history"]
    assert all(change.keys() == {"status", "at", "by"} for change in history), history
    times = [change["at"] for change in history]
    assert all(TIME.match(at) for at in times) and times == sorted(times), history


def test_other_users_cannot_cancel_an_order(shop, shopper, courier, order_id):
    for other in (shop.new_shopper(), courier):
        refused(cancel(other, order_id), 404, "Order not found")
    assert ok(one_order(shopper, order_id))["status"] == "PLACED"


def test_a_courier_cancels_an_own_order(shop, milk):
    buyer = shop.staff("courier")
    order_id = ordered(buyer, milk)
    assert ok(cancel(buyer, order_id))["order_id"] == order_id
    assert states(buyer, order_id)[-1][0] == "CANCELLED"


@pytest.mark.parametrize("bad", [UNKNOWN_ID, "1", "z" * 24, "%20", "a" * 300])
def test_unknown_and_malformed_order_ids_get_the_same_404(shopper, admin, bad):
    for client in (shopper, admin):
        refused(cancel(client, bad), 404, "Order not found")


def test_cancelling_and_reading_an_order_need_a_token(open_shop, milk):
    client = open_shop.guest()
    client.user_id = "guest-who-orders"
    order_id = ordered(client, milk)
    refused(cancel(client, order_id), 401, "Missing token")
    refused(one_order(client, order_id), 401, "Missing token")
    ok(cancel(open_shop.staff("admin"), order_id))
    assert ok(status(client, order_id))["status"] == "CANCELLED"


def test_cancelling_again_gets_the_same_answer(shopper, admin, order_id):
    first = cancel(shopper, order_id)
    ok(first)
    for client in (shopper, admin, shopper):
        again = cancel(client, order_id)
        assert again.status == 200 and again.body == first.body, again
    assert states(shopper, order_id) == [("PLACED", "service"), ("CANCELLED", "customer")]


@pytest.mark.parametrize("now", WAY)
def test_an_order_past_placed_is_not_cancelled(shopper, courier, admin, order_id, now):
    wait_for_delivery_record(shopper, order_id)
    for step in WAY[:WAY.index(now) + 1]:
        ok(move(courier, order_id, step))
    for client in (shopper, admin):
        refused(cancel(client, order_id), *TOO_LATE)
    assert ok(one_order(shopper, order_id))["status"] == now
    if now != "DELIVERED":
        ok(move(courier, order_id, WAY[WAY.index(now) + 1]))


def test_a_cancelled_order_cannot_be_moved(shopper, courier, order_id):
    ok(cancel(shopper, order_id))
    for word in ("PLACED", *WAY, "CANCELLED"):
        refused(move(courier, order_id, word), 400, f"Invalid transition from CANCELLED to {word}")
    assert ok(one_order(shopper, order_id))["status"] == "CANCELLED"


def test_a_cancelled_order_stays_in_the_list_and_out_of_the_cart(shopper, order_id):
    before = ok(orders(shopper))
    ok(cancel(shopper, order_id))
    assert ok(orders(shopper)) == before
    assert cart(shopper) == []


def test_the_same_products_can_be_ordered_again(shopper, milk, order_id):
    ok(cancel(shopper, order_id))
    other = ordered(shopper, milk, 2)
    assert other != order_id
    assert ok(one_order(shopper, other))["status"] == "PLACED"


# ---- stock ----

def test_a_cancelled_order_returns_its_stock_once(shop, shopper, rare):
    set_stock(shop, rare, 10)
    order_id = ordered(shopper, rare, 4)
    wait_until(lambda: stock_of(shop, rare) == 6, 20, "the order has reduced the stock")
    for _ in range(3):
        ok(cancel(shopper, order_id))
    assert_stock_stays(shop, 10, rare)
    ok(cancel(shopper, order_id))
    assert_stock_stays(shop, 10, rare)


def test_concurrent_cancels_return_the_stock_once(shop, shopper, rare):
    set_stock(shop, rare, 10)
    order_id = ordered(shopper, rare, 4)
    callers = [client_of_same_user(shopper) for _ in range(5)]
    callers += [shop.staff("admin")]
    for answer in race([lambda c=caller: cancel(c, order_id) for caller in callers]):
        assert ok(answer)["order_id"] == order_id
    assert_stock_stays(shop, 10, rare)
    assert len(states(shopper, order_id)) == 2


def test_an_early_and_a_late_cancel_return_the_stock(shop, shopper, rare):
    """Directly after the order, and after its checkout was completed."""
    set_stock(shop, rare, 9)
    for pause in (0, 0.3, 1.5, 4):
        order_id = ordered(shopper, rare, 3)
        time.sleep(pause)
        ok(cancel(shopper, order_id))
    assert_stock_stays(shop, 9, rare)


def test_returned_stock_may_exceed_the_limit_for_staff(shop, shopper, admin, rare):
    set_stock(shop, rare, 10)
    order_id = ordered(shopper, rare, 4)
    set_stock(shop, rare, 1_000_000)
    ok(cancel(shopper, order_id))
    wait_until(lambda: stock_of(shop, rare) == 1_000_004, 20, "the stock is returned")
    ok(add(shopper, rare))
    ok(admin.put(f"/products/{rare['_id']}/stock", json_body={"delta": -5}))


def test_a_cancelled_order_returns_the_stock_of_every_line(shop, shopper, rarities):
    products = [next(rarities) for _ in range(3)]
    for n, product in enumerate(products):
        set_stock(shop, product, 20)
        ok(add(shopper, product, n + 1))
    order_id = ok(create(shopper))["order_id"]
    for n, product in enumerate(products):
        wait_until(lambda p=product, left=19 - n: stock_of(shop, p) == left, 20, "the stock is reduced")
    ok(cancel(shopper, order_id))
    assert_stock_stays(shop, 20, *products)


def test_returned_stock_can_be_ordered(shop, shopper, rare):
    set_stock(shop, rare, 1)
    other = shop.new_shopper()
    ok(add(other, rare))
    order_id = ordered(shopper, rare)
    refused(create(other), 409, "Out of stock")
    ok(cancel(shopper, order_id))
    wait_until(lambda: create(other).status == 200, 20, "the last one can be bought again")


def test_a_refused_cancel_returns_no_stock(shop, shopper, courier, rare):
    set_stock(shop, rare, 5)
    order_id = ordered(shopper, rare, 2)
    wait_for_delivery_record(shopper, order_id)
    ok(move(courier, order_id, "PACKED"))
    refused(cancel(shopper, order_id), *TOO_LATE)
    assert_stock_stays(shop, 3, rare)


# ---- concurrent calls ----

def test_of_a_concurrent_cancel_and_move_one_succeeds(shop, shopper, courier, rare):
    set_stock(shop, rare, 50)
    sold = 0
    for _ in range(6):
        order_id = ordered(shopper, rare, 2)
        wait_for_delivery_record(shopper, order_id)
        cancelled, moved = race([lambda o=order_id: cancel(shopper, o),
                                 lambda o=order_id: move(courier, o, "PACKED")])
        now = ok(one_order(courier, order_id))["status"]
        if cancelled.status == 200:
            refused(moved, 400, "Invalid transition from CANCELLED to PACKED")
            assert now == "CANCELLED"
        else:
            refused(cancelled, *TOO_LATE)
            ok(moved)
            assert now == "PACKED"
            sold += 2
    assert_stock_stays(shop, 50 - sold, rare)
