"""Steps of the published journey that many tests use."""

import concurrent.futures
import contextlib
import re
import threading
import time
from urllib.parse import urljoin

from checks import OUTAGE_BOUND, ok
from instance import POOLS, wait_until


def add(client, product, quantity=1, key=None):
    """Puts a product (or product id) in the cart of a client."""
    product_id = product if isinstance(product, str) else product["_id"]
    return client.post("/cart/add", {"user_id": client.user_id, "product_id": product_id,
                                     "quantity": quantity}, headers=with_key(key))


def cart(client):
    return ok(client.get(f"/cart/{client.user_id}"))


def line_of(client, product, quantity=1):
    """Puts a product in the cart, and returns the id of its line."""
    ok(add(client, product, quantity))
    return next(line["_id"] for line in cart(client) if line["product_id"] == product["_id"])


def with_key(key):
    """The headers of a call with a key, or without one for None."""
    return [] if key is None else [("Idempotency-Key", key)]


def create(client, expected_total=None, key=None):
    body = {"user_id": client.user_id}
    if expected_total is not None:
        body["expected_total"] = expected_total
    return client.post("/order/create", body, headers=with_key(key))


def ordered(client, product, quantity=1):
    """Orders a product, and returns the id of the order."""
    ok(add(client, product, quantity))
    return ok(create(client))["order_id"]


def cancel(client, order_id, key=None):
    return client.post(f"/order/{order_id}/cancel", headers=with_key(key))


def one_order(client, order_id):
    return client.get(f"/order/{order_id}")


def orders(client, query="?limit=100"):
    return client.get(f"/orders/{client.user_id}{query}")


def status(client, order_id):
    return client.get(f"/order/{order_id}/status")


def move(client, order_id, word):
    return client.post(f"/order/{order_id}/update-status", {"status": word})


def wait_for_delivery_record(client, order_id):
    """Waits until delivery has the record of an order."""
    wait_until(lambda: status(client, order_id).status == 200, 10, "delivery has the order")


def stock_of(shop, product):
    """The stock of a product in the catalogue; may be two seconds old."""
    return ok(shop.guest().get(f"/products/{product['_id']}"))["stock"]


def set_stock(shop, product, stock):
    path = f"/products/{product['_id']}/stock"
    admin = shop.staff("admin")
    answer = admin.put(path, json_body={"stock": stock})
    if answer.status == 503:  # the disk stalled for longer than a call may take; the call is idempotent
        time.sleep(1)
        answer = admin.put(path, json_body={"stock": stock})
    ok(answer)


def wait_for_stable_catalogue(shop):
    """Waits until the catalogue includes all earlier orders and does not change any more."""
    def unchanged():
        before = shop.guest().get("/products").header("ETag")
        time.sleep(2)
        return {shop.guest().get("/products").header("ETag") for _ in range(12)} == {before}

    wait_until(unchanged, 30, "the catalogue does not change")


def add_when_available(client, product, quantity=1):
    """Puts a product in the cart, as soon as the replica of the products has its stock."""
    wait_until(lambda: add(client, product, quantity).status == 200, 10, "it can be added")


def client_of_same_user(client):
    """A second client of the same user: a client is for one thread."""
    made = client.with_token(client.token)
    made.user_id = client.user_id
    return made


def race(calls):
    """Makes all calls, each a function, at the same moment; returns their answers in the same order."""
    line = threading.Barrier(len(calls))

    def run(call):
        line.wait(30)
        return call()

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def next_page(answer, path):
    """The path of the next page, None on the last."""
    link = answer.header("Link")
    if link is None:
        return None
    match = re.fullmatch(r'<([^>]+)>; *rel="?next"?', link)
    assert match, link
    return urljoin(path, match[1])


def pages(client, path):
    """All pages from one on; an endless chain is an error."""
    found = []
    while path:
        answer = client.get(path)
        found.append(ok(answer))
        path = next_page(answer, path)
        assert len(found) < 300, "the pages have no end"
    return found


@contextlib.contextmanager
def stopped_pool(shop, pool):
    """Stops a pool for the time of the block."""
    shop.supervisor("stop", pool)
    try:
        yield
    finally:
        shop.supervisor("start", pool)


def assert_not_ready(shop):
    """Waits until the gateway reports the pools that are not ready: it caches its answer for a moment."""
    def refusal():
        answer = shop.guest().get("/readyz")
        assert answer.seconds < OUTAGE_BOUND, answer
        return answer if answer.status == 503 else None

    answer = wait_until(refusal, OUTAGE_BOUND, "the gateway is not ready")
    assert answer.json()["pools"].keys() == set(POOLS), answer


def wait_for_recovery(shop, product):
    """Waits until the whole journey works again without anything being restarted.

    Several times in a row: each worker detects separately that the database is back.
    """
    def works():
        try:
            for _ in range(3):
                shopper = shop.new_shopper()
                assert status(shopper, ordered(shopper, product)).status == 200
            return True
        except AssertionError:
            return False

    wait_until(works, 15, "the journey works again")
    wait_until(lambda: shop.guest().get("/readyz").status == 200, 5, "ready again")
