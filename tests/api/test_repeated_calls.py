"""The gateway retries a call on another worker when one dies, only where the call is idempotent."""

import os
import signal
import threading
import time

import pytest

from checks import ok, refused
from instance import BUILD, freeze, kill, wait_until
from journey import add, cancel, cart, create, one_order, orders, wait_for_delivery_record, with_key

ANSWER_SECONDS = 60  # seconds in which a repeated call must get an answer; a lost order is abandoned after 15
OUTAGE_STATUSES = (502, 503, 504)
KILLS = 12
# Seconds between two kills: with the sanitizers a worker starts slowly.
PAUSE = 0.15 if BUILD == "release" else 1.5


def new_key():
    return os.urandom(8).hex()


def logged(shop, answer):
    """The line of a call in the gateway's access log."""
    def line():
        return next((line for line in shop.access_lines() if line["listener"] == "gateway"
                     and line["request_id"] == answer.header("X-Request-ID")), None)

    return wait_until(line, 10, "the line is written")


def kill_workers_during(shop, pool, call):
    """Makes a call during which its worker is killed; returns the answer and the number of workers tried."""
    mongod, answers = shop.pid("mongod"), []
    caller = threading.Thread(target=lambda: answers.append(call()))
    workers = shop.all_workers(pool)
    freeze(mongod)  # so that the worker has to wait
    try:
        caller.start()
        time.sleep(0.4)
        for pid in workers:  # no other worker may accept it before
            freeze(pid)
        for pid in workers:
            kill(pid)
    finally:
        kill(mongod, signal.SIGCONT)
    caller.join(30)
    return answers[0], len(logged(shop, answers[0])["upstream_time"].split(","))


def repeat_until_answered(call):
    """Repeats a call with its key until it succeeds; returns the answer."""
    def success():
        answer = call()
        if answer.status == 409:
            refused(answer, 409, "Request in progress")
        assert answer.status in (200, 409, *OUTAGE_STATUSES), answer
        return answer if answer.status == 200 else None

    return wait_until(success, ANSWER_SECONDS, "the call succeeds")


def test_an_order_with_a_key_is_retried_on_another_worker(spare, spare_scene):
    shopper, key = spare_scene.shopper, new_key()
    before = len(ok(orders(shopper)))
    answer, workers = kill_workers_during(spare, "cart_order", lambda: create(shopper, key=key))
    assert workers == 2, answer
    assert answer.status in (200, 409, 503), answer
    done = repeat_until_answered(lambda: create(shopper, key=key))
    assert answer.status != 200 or answer.body == done.body
    assert len(ok(orders(shopper))) == before + 1 and cart(shopper) == []


def test_a_cancel_with_a_key_is_retried_on_another_worker(spare, spare_scene):
    shopper, order_id = spare_scene.shopper, spare_scene.names["order_id"]
    key = new_key()
    wait_for_delivery_record(shopper, order_id)
    answer, workers = kill_workers_during(spare, "cart_order", lambda: cancel(shopper, order_id, key))
    assert workers == 2, answer
    done = repeat_until_answered(lambda: cancel(shopper, order_id, key))
    assert answer.status != 200 or answer.body == done.body
    assert ok(one_order(shopper, order_id))["status"] == "CANCELLED"


def test_an_addition_with_a_key_is_retried_on_another_worker(spare, spare_scene, milk):
    shopper, key = spare_scene.shopper, new_key()
    before = sum(line["quantity"] for line in cart(shopper))
    answer, workers = kill_workers_during(spare, "cart_order", lambda: add(shopper, milk, 2, key))
    assert workers == 2, answer
    assert answer.status in (200, 409, 503), answer
    done = repeat_until_answered(lambda: add(shopper, milk, 2, key))
    assert answer.status != 200 or answer.body == done.body
    assert sum(line["quantity"] for line in cart(shopper)) == before + 2


def test_an_addition_without_a_key_is_not_retried(spare, spare_scene, milk):
    answer, workers = kill_workers_during(spare, "cart_order", lambda: add(spare_scene.shopper, milk))
    assert workers == 1, answer
    refused_by_gateway(answer)


@pytest.mark.parametrize("key", [None, "", " ", "a b", b"\xe9", "x" * 256], ids=repr)
def test_an_order_without_a_key_is_not_retried(spare, spare_scene, key):
    shopper = spare_scene.shopper
    before = len(ok(orders(shopper)))
    answer, workers = kill_workers_during(spare, "cart_order", lambda: create(shopper, key=key))
    assert workers == 1, answer
    if answer.status == 400:  # the key was refused before the worker was killed
        refused(answer, 400, "Invalid Idempotency-Key")
    else:
        refused_by_gateway(answer)
    assert len(ok(orders(shopper))) == before and len(cart(shopper)) == 1


def refused_by_gateway(answer):
    assert answer.status == 502, answer
    assert answer.json()["code"] == "service_temporarily_unavailable"
    assert int(answer.header("Retry-After")) > 0


@pytest.mark.parametrize("pool, method, path", [
    ("cart_order", "PUT", "/cart/increase/{cart_id}"),
    ("cart_order", "DELETE", "/cart/remove/{cart_id}"),
    ("delivery", "POST", "/order/{order_id}/update-status"),
    ("user", "POST", "/register")])
def test_no_other_write_is_retried_even_with_a_key(spare, spare_scene, pool, method, path):
    caller = spare_scene.caller((method, path))
    answer, workers = kill_workers_during(spare, pool, lambda: spare_scene.call(
        caller, (method, path), headers=with_key(new_key())))
    assert workers == 1, answer
    refused_by_gateway(answer)


@pytest.mark.parametrize("pool, path", [
    ("cart_order", "/cart/{user_id}"), ("cart_order", "/order/{order_id}"),
    ("delivery", "/order/{order_id}/status"), ("user", "/profile")])
def test_a_read_is_retried_on_another_worker(spare, spare_scene, pool, path):
    target = spare_scene.path(path)
    answer, workers = kill_workers_during(spare, pool, lambda: spare_scene.shopper.get(target))
    assert workers == 2, answer
    ok(answer)


def test_the_log_has_the_method_of_a_call_that_failed(spare, spare_scene):
    answer, _ = kill_workers_during(spare, "cart_order", lambda: create(spare_scene.shopper))
    line = logged(spare, answer)
    assert (line["method"], line["uri"], line["status"]) == ("POST", "/order/create", 502)


class Killer(threading.Thread):
    """Kills one worker after the other until the end. It waits until the pool answers again: on a slow
    machine there would be no worker between two kills."""

    def __init__(self, shop, pool):
        super().__init__(daemon=True)
        self.shop, self.pool = shop, pool
        self.over = threading.Event()
        self.kills = 0

    def run(self):
        pool = self.shop.guest(self.pool)
        while not self.over.wait(PAUSE):
            if pool.get("/readyz").status != 200:
                continue
            for pid in self.shop.workers(self.pool)[:1]:
                try:
                    kill(pid)
                    self.kills += 1
                except ProcessLookupError:
                    pass


def repeat_until_ok(call):
    """Repeats an idempotent call until it succeeds; returns its JSON."""
    return ok(wait_until(lambda: next((a for a in [call()] if a.status == 200), None), ANSWER_SECONDS,
                         "the call succeeds"))


def create_order_once(shopper, product, known):
    """Repeats an order with a key until it succeeds; asserts that it was created once, and returns it."""
    key = new_key()

    def filled():
        add(shopper, product)
        return repeat_until_ok(lambda: shopper.get(f"/cart/{shopper.user_id}"))

    # Only the cart shows whether an addition without an answer was made.
    (line,) = wait_until(filled, ANSWER_SECONDS, "the product is in the cart")
    done = repeat_until_answered(lambda: create(shopper, key=key))
    assert repeat_until_answered(lambda: create(shopper, key=key)).body == done.body
    order, *others = repeat_until_ok(lambda: orders(shopper))
    assert order["_id"] == done.json()["order_id"]
    assert [item["quantity"] for item in order["items"]] == [line["quantity"]]
    assert [other["_id"] for other in others] == known[::-1]
    assert repeat_until_ok(lambda: shopper.get(f"/cart/{shopper.user_id}")) == []
    return order["_id"]


def test_no_order_is_lost_or_doubled_while_workers_die(spare, spare_scene, milk):
    shoppers = [spare.new_shopper() for _ in range(4)]
    killer, failures = Killer(spare, "cart_order"), []
    made = {shopper.user_id: [] for shopper in shoppers}

    def work(shopper):
        known = made[shopper.user_id]
        try:
            while not known or killer.kills < KILLS and len(known) < 90:
                known.append(create_order_once(shopper, milk, known))
                time.sleep(0.1)  # below the limit of 100 calls a second
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(shopper,)) for shopper in shoppers]
    killer.start()
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5 * ANSWER_SECONDS)
    finally:
        killer.over.set()
        killer.join(30)
    assert not failures, failures[0]
    for shopper in shoppers:
        for order_id in made[shopper.user_id]:
            wait_for_delivery_record(shopper, order_id)
        assert [order["_id"] for order in ok(orders(shopper))] == made[shopper.user_id][::-1]
