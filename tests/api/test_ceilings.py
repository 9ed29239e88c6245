"""Limits of orders and calls for each account."""

import concurrent.futures
import datetime

import bson
import pymongo
import pytest

from checks import ok, refused
from journey import add, cancel, cart, create, ordered, orders

ORDERS = 20  # an hour
PIECES = 200  # an order
CALLS = 20  # a minute, counted by each process
KEYED_ADDS = 120  # likewise
AT_ONCE = 6


@pytest.fixture(scope="module")
def plenty(limited):
    """Products with a large stock."""
    return [one for one in ok(limited.guest().get("/products")) if one["available"] and one["stock"] >= 200]


@pytest.fixture
def buyer(limited):
    return limited.new_shopper()


def fill(buyer, products, pieces):
    """Fills a cart with a number of pieces: a line has at most 99."""
    for product in products:
        quantity = min(pieces, 99)
        ok(add(buyer, product, quantity))
        pieces -= quantity
        if not pieces:
            return


def made_before(limited, buyer, n):
    """Stores orders of a minute ago, every second one cancelled, in the database."""
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=1)
    with pymongo.MongoClient(limited.database) as client:
        client.cart_db.orders.insert_many([
            {"user_id": buyer.user_id, "items": [], "total": bson.Int64(0), "created_at": at}
            | ({"cancelled": True} if i % 2 else {}) for i in range(n)])


def test_pieces_of_an_order_are_limited(buyer, plenty):
    fill(buyer, plenty, PIECES + 1)
    before = cart(buyer)
    refused(create(buyer), 409, "Order too large")
    assert cart(buyer) == before
    assert ok(orders(buyer)) == []
    ok(buyer.put(f"/cart/decrease/{before[0]['_id']}"))
    ok(create(buyer))


def test_orders_per_hour_are_limited(limited, buyer, plenty):
    made_before(limited, buyer, ORDERS - 1)
    ok(add(buyer, plenty[0]))
    made = ok(create(buyer, key="the-last"))
    ok(cancel(buyer, made["order_id"]))
    ok(add(buyer, plenty[0]))
    answer = create(buyer)
    refused(answer, 429, "Too many orders")
    assert 59 * 60 - 30 <= int(answer.header("Retry-After")) <= 59 * 60
    assert len(cart(buyer)) == 1
    assert ok(create(buyer, key="the-last")) == made, "a repetition has its answer"
    assert len(cart(buyer)) == 1


def test_concurrent_calls_do_not_exceed_the_order_limit(limited, buyer, plenty):
    made_before(limited, buyer, ORDERS - 2)

    def order_one(_):
        client = buyer.with_token(buyer.token)
        client.user_id = buyer.user_id
        ok(add(client, plenty[0]))
        return create(client).status

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(order_one, range(2 * AT_ONCE)))
    assert len(ok(orders(buyer, "?limit=100"))) == ORDERS


def test_order_calls_per_minute_are_limited(buyer, plenty):
    order = ordered(buyer, plenty[0])
    answers = [create(buyer) if n % 2 else cancel(buyer, order) for n in range(CALLS - 1)]
    assert {answer.status for answer in answers} == {200, 400}
    for answer in (create(buyer), cancel(buyer, order)):
        refused(answer, 429, "Too many requests")
        assert 1 <= int(answer.header("Retry-After")) <= 60
    ok(buyer.get(f"/cart/{buyer.user_id}"))


def test_keyed_additions_per_minute_are_limited(limited, buyer, plenty):
    for _ in range(KEYED_ADDS):
        ok(add(buyer, plenty[0], key="ceiling"))
    refused(add(buyer, plenty[0], key="ceiling"), 429, "Too many requests")
    refused(add(buyer, plenty[0], key="another"), 429, "Too many requests")
    ok(add(buyer, plenty[0]))
    assert [line["quantity"] for line in cart(buyer)] == [2]
    ok(add(limited.new_shopper(), plenty[0], key="ceiling"))


def test_limits_of_one_account_do_not_affect_another(limited, buyer, plenty):
    for _ in range(CALLS + 1):
        answer = create(buyer)
    assert answer.status == 429
    ordered(limited.new_shopper(), plenty[0])


def test_staff_is_exempt(limited, plenty):
    admin = limited.staff("admin")
    made_before(limited, admin, ORDERS)
    fill(admin, plenty, PIECES + 1)
    ok(create(admin))
    statuses = {create(admin).status for _ in range(CALLS)}
    assert statuses == {400}
