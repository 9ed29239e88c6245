"""The simulation moves deliveries, each step once, also when processes are killed."""

import datetime
import random
import threading
import time

import pytest

from checks import ok
from internal_client import WAY, InternalClient
from instance import Shop, check_logs, kill, wait_until
from journey import move, ordered, status, wait_for_delivery_record
from subscribers import Subscriber

STEP = 2  # seconds, as the system is set
LATE = 2  # seconds that a step may be late in normal operation


@pytest.fixture
def other(moving):
    """A second system on the same database, whose pools move the same orders."""
    made = Shop("moving_b", DELIVERY_SIMULATION="on", DELIVERY_STEP_SECONDS=str(STEP),
                MONGODB_URI=moving.database, JWT_SECRET=moving.secret).up()
    yield made
    made.down()
    check_logs(made)


@pytest.fixture
def internal_client(moving):
    return InternalClient(moving)


def seconds_between(history):
    times = [datetime.datetime.fromisoformat(change["at"]) for change in history]
    return [(b - a).total_seconds() for a, b in zip(times, times[1:])]


def test_an_order_is_delivered_by_the_simulation(moving, milk):
    shopper = moving.new_shopper()
    order_id = ordered(shopper, milk)
    wait_for_delivery_record(shopper, order_id)
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_end(4 * STEP + 10)
        assert subscriber.states == WAY, subscriber.received
    order = ok(shopper.get(f"/order/{order_id}"))
    assert [(c["status"], c["by"]) for c in order["history"]] == [
        ("PLACED", "service"), *((word, "simulator") for word in WAY[1:])]
    assert all(STEP <= gap < STEP + LATE for gap in seconds_between(order["history"]))


def test_a_manual_move_restarts_the_step_time(moving, internal_client):
    courier = moving.staff("courier")
    order_id = internal_client.place()
    time.sleep(STEP * 0.6)
    ok(move(courier, order_id, "PACKED"))
    wait_until(lambda: internal_client.order(order_id)["status"] == "DELIVERED", 3 * STEP + 5, "delivered")
    history = internal_client.order(order_id)["history"]
    assert [change["by"] for change in history] == ["service", "courier", "simulator", "simulator"]
    assert seconds_between(history)[1] >= STEP


def test_a_cancelled_order_stays_cancelled(internal_client):
    order_id = internal_client.place("u-1")
    internal_client.cancel(order_id)
    time.sleep(STEP + LATE)
    assert [change["status"] for change in internal_client.order(order_id)["history"]] == [
        "PLACED", "CANCELLED"]


def test_without_the_simulation_no_order_moves(shop):
    internal_client = InternalClient(shop)
    order_id = internal_client.place()
    time.sleep(STEP + LATE)
    assert internal_client.order(order_id)["status"] == "PLACED"


class WorkerKiller(threading.Thread):
    """Kills a worker of delivery from time to time."""

    def __init__(self, system, seed):
        super().__init__(daemon=True)
        self.system, self.random = system, random.Random(seed)
        self.over = threading.Event()
        self.kills = 0

    def run(self):
        while not self.over.wait(self.random.uniform(0.05, 0.6)):
            pids = self.system.workers("delivery")
            if pids:
                kill(self.random.choice(pids))
                self.kills += 1


def test_killed_processes_neither_skip_nor_repeat_a_step(moving, other, internal_client):
    orders = []
    killers = [WorkerKiller(moving, 5), WorkerKiller(other, 6)]
    for killer in killers:
        killer.start()
    try:
        while len(orders) < 60:
            try:
                orders.append(internal_client.place())
            except (AssertionError, OSError):
                pass  # its worker was killed; the order may exist, and the test ignores it
            time.sleep(0.05)
        time.sleep(3 * STEP)
    finally:
        for killer in killers:
            killer.over.set()
            killer.join(10)
    assert all(killer.kills >= 10 for killer in killers)
    wait_until(lambda: status(internal_client.client, orders[0]).status == 200, 10, "delivery is back")
    for order_id in orders:
        wait_until(lambda: internal_client.order(order_id)["status"] == "DELIVERED", 3 * STEP + 15,
                   "delivered")
        history = internal_client.order(order_id)["history"]
        assert [(c["status"], c["by"]) for c in history] == [
            ("PLACED", "service"), *((word, "simulator") for word in WAY[1:])]
        assert all(gap >= STEP for gap in seconds_between(history)), history
