"""Steps of the published journey that many tests begin with."""

import re
from urllib.parse import urljoin

from checks import OUTAGE_BOUND, ok
from instance import POOLS, wait_until


def add(client, product, quantity=1):
    """Puts a product (or product id) in the cart of a client."""
    product_id = product if isinstance(product, str) else product["_id"]
    return client.post("/cart/add", {"user_id": client.user_id, "product_id": product_id,
                                     "quantity": quantity})


def cart(client):
    return ok(client.get(f"/cart/{client.user_id}"))


def line_of(client, product, quantity=1):
    """Puts a product in the cart, and gives the id of its line."""
    ok(add(client, product, quantity))
    return next(line["_id"] for line in cart(client) if line["product_id"] == product["_id"])


def create(client):
    return client.post("/order/create", {"user_id": client.user_id})


def ordered(client, product, quantity=1):
    """Orders a product, and gives the id of the order."""
    ok(add(client, product, quantity))
    return ok(create(client))["order_id"]


def orders(client, query=""):
    return client.get(f"/orders/{client.user_id}{query}")


def status(client, order_id):
    return client.get(f"/order/{order_id}/status")


def move(client, order_id, word):
    return client.post(f"/order/{order_id}/update-status", {"status": word})


def next_page(answer, path):
    """Where the next page is, None on the last."""
    link = answer.header("Link")
    if link is None:
        return None
    match = re.fullmatch(r'<([^>]+)>; *rel="?next"?', link)
    assert match, link
    return urljoin(path, match[1])


def pages(client, path):
    """All pages from one on; a chain that never ends is a fault."""
    found = []
    while path:
        answer = client.get(path)
        found.append(ok(answer))
        path = next_page(answer, path)
        assert len(found) < 300, "the pages have no end"
    return found


def refuses_to_be_ready(shop):
    """Waits until the gateway says which pool isn't: its answer may be a moment old."""
    def refusal():
        answer = shop.guest().get("/readyz")
        assert answer.seconds < OUTAGE_BOUND, answer
        return answer if answer.status == 503 else None

    answer = wait_until(refusal, OUTAGE_BOUND, "the gateway is not ready")
    assert answer.json()["pools"].keys() == set(POOLS), answer


def recovers(shop, product):
    """Waits until the whole journey works again without anything being restarted.

    Several times in a row: each worker finds out for itself that the database is back.
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
