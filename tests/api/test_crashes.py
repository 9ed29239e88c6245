"""Killed workers and stopped pools do not affect other workers and pools."""

import contextlib
import signal
import threading
import time
from pathlib import Path

import pytest

from checks import OUTAGE_BOUND, ok
from instance import POOLS, kill, wait_until
from journey import add, assert_not_ready, cart, create, status, stopped_pool
from service_facts import FACTS

# A read of each pool.
READS = {pool: facts.read for pool, facts in FACTS.items()}


class Reader(threading.Thread):
    """Reads one path repeatedly, and keeps each answer that is not a 200 within the bound of an outage."""

    def __init__(self, shopper, path):
        super().__init__(daemon=True)
        self.client, self.path = shopper.with_token(shopper.token), path
        # Below the rate limit: 100 a second, for lists of orders 20.
        self.pause = 0.06 if path.startswith("/orders/") else 0.012
        self.over = threading.Event()
        self.calls, self.failures = 0, []

    def run(self):
        while not self.over.wait(self.pause):
            try:
                answer = self.client.get(self.path)
            except OSError as error:
                answer = error
            self.calls += 1
            if getattr(answer, "status", None) != 200 or answer.seconds > OUTAGE_BOUND:
                self.failures.append(answer)


@contextlib.contextmanager
def assert_no_read_fails(shopper, paths):
    """Reads all paths concurrently during the block; every read must succeed."""
    readers = [Reader(shopper, path) for path in paths]
    for reader in readers:
        reader.start()
    try:
        yield
    finally:
        for reader in readers:
            reader.over.set()
            reader.join(30)
    for reader in readers:
        assert not reader.failures, (reader.path, len(reader.failures), reader.failures[:2])
        assert reader.calls > 20, (reader.path, reader.calls)


def test_a_killed_worker_is_replaced_and_no_read_fails(spare, spare_scene):
    more = ["/products?limit=1", "/categories", "/orders/{user_id}"]
    paths = [path.format(**spare_scene.names) for path in (*READS.values(), *more)]
    with assert_no_read_fails(spare_scene.shopper, paths):
        for _ in range(4):
            for pool in POOLS:
                kill(spare.all_workers(pool)[0])
                spare.all_workers(pool)
                time.sleep(0.1)


@pytest.mark.parametrize("pool, path", READS.items())
def test_a_pool_with_all_workers_killed_answers_within_two_seconds(spare, spare_scene, pool, path):
    pids = spare.all_workers(pool)
    for pid in pids:
        kill(pid)
    # Until its last thread has ended, a killed worker may still accept a connection.
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), 5, "they have ended")
    answer = spare_scene.shopper.get(path.format(**spare_scene.names))
    ok(answer)
    assert answer.seconds < 2, answer


def test_a_worker_completes_its_calls_after_sigterm(spare, spare_scene):
    with assert_no_read_fails(spare_scene.shopper, [f"/cart/{spare_scene.names['user_id']}"] * 2):
        for _ in range(6):
            kill(spare.all_workers("cart_order")[0], signal.SIGTERM)
            time.sleep(0.2)


def test_an_order_created_while_delivery_is_stopped_is_dispatched_later(spare, spare_scene):
    shopper, courier = spare_scene.shopper, spare.staff("courier")
    with stopped_pool(spare, "delivery"):
        answer = create(shopper)
        order_id = ok(answer)["order_id"]
        assert answer.seconds < OUTAGE_BOUND, answer
        assert cart(shopper) == []
        away = status(shopper, order_id)
        assert away.status in (502, 503, 504) and away.header("Retry-After"), away
        assert away.json()["code"] == "service_temporarily_unavailable"
    wait_until(lambda: status(shopper, order_id).status == 200, 10, "delivery has the order")
    assert ok(status(shopper, order_id))["status"] == "PLACED"
    ok(courier.post(f"/order/{order_id}/update-status", {"status": "PACKED"}))
    time.sleep(1)
    assert ok(status(shopper, order_id))["status"] == "PACKED"


@pytest.mark.parametrize("pool, path", READS.items())
def test_a_stopped_pool_does_not_affect_other_pools(spare, spare_scene, milk, pool, path):
    with stopped_pool(spare, pool):
        answer = spare_scene.shopper.get(path.format(**spare_scene.names))
        assert answer.status in (502, 503, 504), answer
        assert answer.json()["detail"] == "Service temporarily unavailable"
        assert int(answer.header("Retry-After")) > 0
        assert answer.seconds < OUTAGE_BOUND
        assert_not_ready(spare)
        for other in set(POOLS) - {pool}:
            ok(spare.guest(other).get("/health"))
        if pool == "product":
            ok(add(spare_scene.shopper, milk))
            assert [line["name"] for line in cart(spare_scene.shopper)] == ["Milk 1L"]
