"""Outages of the database, and the recovery after them."""

import contextlib
import signal
import threading
import time

import pytest

from checks import OUTAGE_BOUND, invalid, ok, refused, unavailable
from instance import POOLS, freeze, kill
from journey import assert_not_ready, cart, orders, wait_for_recovery, wait_for_stable_catalogue
from routes import Scene


def database_calls(shop, scene):
    """One call of each kind that needs the database."""
    shopper, names = scene.shopper, scene.names
    login = {"email": shopper.email, "password": shopper.password}
    calls = [
        ("POST", "/login", login),
        ("POST", "/register", {**login, "name": "A", "otp": "1234", "email": "new@example.com"}),
        ("GET", "/profile", None),
        ("POST", "/cart/add", {"user_id": shopper.user_id, "product_id": names["product_id"],
                               "quantity": 1}),
        ("GET", f"/cart/{shopper.user_id}", None),
        ("PUT", f"/cart/increase/{names['cart_id']}", None),
        ("PUT", f"/cart/decrease/{names['cart_id']}", None),
        ("DELETE", f"/cart/remove/{names['cart_id']}", None),
        ("POST", "/order/create", {"user_id": shopper.user_id}),
        ("GET", f"/orders/{shopper.user_id}", None),
        ("GET", f"/order/{names['order_id']}", None),
        ("POST", f"/order/{names['order_id']}/cancel", None),
        ("GET", f"/order/{names['order_id']}/status", None)]
    return [(shopper.with_token(shopper.token), *call) for call in calls] + [
        (shop.staff("admin"), "PUT", f"/products/{names['product_id']}/stock", {"stock": 100_000}),
        (shop.staff("courier"), "POST", f"/order/{names['order_id']}/update-status",
         {"status": "PACKED"})]


def call_concurrently(calls):
    """Makes all calls concurrently."""
    answers = {}

    def make(client, method, path, body):
        answers[method, path] = client.call(method, path, body)

    threads = [threading.Thread(target=make, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(calls)
    return answers


@contextlib.contextmanager
def stopped(shop):
    shop.supervisor("stop", "mongod")
    try:
        yield
    finally:
        shop.supervisor("start", "mongod")


@contextlib.contextmanager
def frozen(shop):
    pid = shop.pid("mongod")
    freeze(pid)
    try:
        yield
    finally:
        kill(pid, signal.SIGCONT)


@pytest.fixture(scope="class", params=[stopped, frozen])
def outage(request, spare, milk):
    """A scene from before the outage; at the end the system works again."""
    made = Scene(spare, milk)
    made.calls = database_calls(spare, made)
    wait_for_stable_catalogue(spare)
    made.reads = {path: spare.guest().get(path).body for path in (
        "/products", f"/products/{milk['_id']}", "/categories", "/products?q=milk",
        milk["image_url"])}
    with request.param(spare):
        yield made
    wait_for_recovery(spare, milk)


class TestWithoutTheDatabase:
    """While the database is stopped, and while it is frozen."""

    def test_calls_are_refused_in_time(self, outage):
        for _ in range(2):
            for call, answer in call_concurrently(outage.calls).items():
                assert answer.status == 503, (call, answer)
                unavailable(answer)
        for client, method, path, body in outage.calls:
            unavailable(client.call(method, path, body))

    def test_the_catalogue_is_still_served(self, spare, outage):
        guest = spare.guest()
        began = time.monotonic()
        while time.monotonic() - began < 2.5:
            for path, body in outage.reads.items():
                answer = guest.get(path)
                assert answer.status == 200 and answer.body == body, answer
                assert answer.seconds < 1, answer
            time.sleep(0.1)

    def test_calls_that_need_no_database_are_answered(self, spare, outage):
        guest = spare.guest()
        refused(guest.get("/products/1"), 404, "Product not found")
        refused(guest.get("/profile"), 401, "Missing token")
        invalid(guest.post("/login", {}), "email", "password")

    def test_readiness_reports_the_outage(self, spare, outage):
        for pool in POOLS:
            answer = spare.guest(pool).get("/readyz")
            expected = 200 if pool in ("product", "cart_order") else 503
            assert answer.status == expected, (pool, answer)
            assert answer.seconds < OUTAGE_BOUND, (pool, answer)
            assert "database" in answer.json(), (pool, answer)
            assert spare.guest(pool).get("/healthz").status == 200
            assert spare.guest(pool).get("/health").status == 200
        assert_not_ready(spare)


def test_a_killed_database_is_started_again_and_keeps_its_data(spare, spare_scene, milk):
    before = spare.pid("mongod")
    kill(before)
    wait_for_recovery(spare, milk)
    assert spare.pid("mongod") != before
    shopper, names = spare_scene.shopper, spare_scene.names
    assert [line["_id"] for line in cart(shopper)] == [names["cart_id"]]
    assert [order["_id"] for order in ok(orders(shopper))] == [names["order_id"]]
