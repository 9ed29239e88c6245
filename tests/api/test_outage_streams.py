"""Event streams during outages: each stream ends or gets every change."""

import contextlib
import json
import re
import signal
import time

import pytest

from checks import OUTAGE_BOUND, UNKNOWN_ID, ok, refused
from internal_client import WAY, InternalClient
from instance import comm, descendants, freeze, kill, wait_until
from journey import status
from subscribers import Subscriber, path_of

SOON = 1
RECOVERED_WITHIN = 5  # seconds until another process completes the work of a dead one


@pytest.fixture
def internal_client(spare):
    return InternalClient(spare)


@pytest.fixture
def shopper(spare):
    return spare.new_shopper()


@pytest.fixture
def order_id(shopper, internal_client):
    return internal_client.place(shopper.user_id)


def workers(system, program):
    """The worker processes of an nginx under supervisord: gateway or streams."""
    return sorted(pid for pid in descendants(system.pid(program)) if comm(pid) == "nginx")


@contextlib.contextmanager
def frozen(pids):
    for pid in pids:
        freeze(pid)
    try:
        yield
    finally:
        for pid in pids:
            kill(pid, signal.SIGCONT)


def open_stream(client, order_id):
    """A subscriber, as soon as a stream can be opened."""
    made = []

    def works():
        made.append(Subscriber(client, order_id))
        return made[-1].status == 200

    wait_until(works, 10, "a stream can be opened")
    return made[-1]


def kill_and_wait(pid):
    kill(pid)
    wait_until(lambda: comm(pid) is None, 5, "it has ended")


def test_streams_of_a_killed_worker_end_and_can_be_reopened(spare, shopper, internal_client, order_id):
    for n, word in enumerate(WAY[:3]):
        subscribers = [open_stream(shopper, order_id) for _ in range(4)]
        for subscriber in subscribers:
            subscriber.wait_for_states(word)
        (pid,) = workers(spare, "streams")
        kill_and_wait(pid)
        for subscriber in subscribers:
            subscriber.wait_for_end(SOON)
        # The new worker has no messages; a new subscriber gets the state, and each change.
        with open_stream(shopper, order_id) as subscriber, open_stream(shopper, order_id) as other:
            subscriber.wait_for_states(word)
            internal_client.move(order_id, WAY[n + 1])
            for each in (subscriber, other):
                each.wait_for_states(word, WAY[n + 1])


def test_streams_recover_from_a_killed_nginx_master(spare, shopper, internal_client, order_id):
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED")
        old = workers(spare, "streams")
        kill_and_wait(spare.pid("streams"))
        # The orphaned worker keeps the streams until the next nginx starts, and gets no messages.
        subscriber.wait_for_end(5)
    wait_until(lambda: not any(comm(pid) for pid in old), 5, "the old worker has ended")
    internal_client.move(order_id, "PACKED")
    with open_stream(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PACKED")


def test_streams_through_a_killed_gateway_worker_end(spare, shopper, internal_client, order_id):
    courier = spare.staff("courier")  # staff may open any number
    subscribers = [Subscriber(courier, order_id) for _ in range(8)]
    for subscriber in subscribers:
        subscriber.wait_for_states("PLACED")
    pids = [pid for pid in workers(spare, "nginx")]
    kill_and_wait(pids[0])
    internal_client.move(order_id, "PACKED")
    wait_until(lambda: all(subscriber.ended_at or subscriber.states == ["PLACED", "PACKED"]
                           for subscriber in subscribers), 2 * SOON, "each stream has ended or got the state")
    kill_and_wait(pids[1])
    for subscriber in subscribers:
        if subscriber.states == ["PLACED"]:
            subscriber.wait_for_end(SOON)
        subscriber.close()
    with open_stream(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PACKED")


def test_a_stored_change_is_published_after_its_worker_dies(spare, shopper, internal_client, order_id):
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED")
        with frozen(workers(spare, "streams")):
            internal_client.move(order_id, "PACKED")
            for pid in spare.workers("delivery"):
                kill_and_wait(pid)
        subscriber.wait_for_states("PLACED", "PACKED", seconds=RECOVERED_WITHIN)
        wait_until(lambda: status(shopper, order_id).status == 200, 5, "delivery is ready again")
        internal_client.move(order_id, "OUT_FOR_DELIVERY")
        subscriber.wait_for_states("PLACED", "PACKED", "OUT_FOR_DELIVERY", seconds=RECOVERED_WITHIN)


def test_a_stream_ends_after_the_worker_that_should_end_it_dies(spare, shopper, internal_client, order_id):
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED")
        internal_client.reach(order_id, "DELIVERED")
        wait_until(lambda: "DELIVERED" in subscriber.states, SOON, "the state is received")
        for pid in spare.workers("delivery"):
            kill_and_wait(pid)
        subscriber.wait_for_end(RECOVERED_WITHIN)


def test_streams_survive_restarts_of_delivery_and_the_database(spare, shopper, internal_client, order_id):
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED")
        for pid in spare.workers("delivery"):
            kill_and_wait(pid)
        spare.supervisor("restart", "mongod")
        wait_until(lambda: status(shopper, order_id).status == 200, 15, "all pools are ready again")
        internal_client.move(order_id, "PACKED")
        subscriber.wait_for_states("PLACED", "PACKED", seconds=RECOVERED_WITHIN)
        assert not subscriber.errors


def test_a_late_publish_of_a_frozen_process_is_corrected(spare, shopper, internal_client, order_id):
    """A process that is frozen during a publish continues after another has published a later state."""
    for word in WAY[1:3]:
        with Subscriber(shopper, order_id) as subscriber:
            with frozen(spare.workers("delivery")[:1]):
                wait_until(lambda: is_moved(spare, order_id, word), 15, "the other process moves it")
                time.sleep(0.5)
            time.sleep(4)
            assert subscriber.states[-1] == word, subscriber.received
        with Subscriber(shopper, order_id) as late:
            late.wait_for_states(word)


def is_moved(spare, order_id, word):
    """Half of the calls reach the frozen process and get no answer."""
    answer = InternalClient(spare).client.post(f"/order/{order_id}/update-status", {"status": word})
    return answer.status == 200 or answer.json().get("code") == "invalid_transition"


def test_stream_calls_get_503_while_the_streams_nginx_is_stopped(spare, shopper, internal_client, order_id):
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED")
        spare.supervisor("stop", "streams")
        try:
            subscriber.wait_for_end(5)
            answer = shopper.get(path_of(order_id))
            assert answer.status in (502, 503) and answer.seconds < OUTAGE_BOUND, answer
            assert answer.json()["code"] == "service_temporarily_unavailable"
            assert int(answer.header("Retry-After")) > 0
            began = time.monotonic()
            internal_client.move(order_id, "PACKED")
            assert time.monotonic() - began < OUTAGE_BOUND
            assert ok(status(shopper, order_id))["status"] == "PACKED"
        finally:
            spare.supervisor("start", "streams")
    with open_stream(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PACKED")
        internal_client.move(order_id, "OUT_FOR_DELIVERY")
        subscriber.wait_for_states("PACKED", "OUT_FOR_DELIVERY", seconds=RECOVERED_WITHIN)


def test_a_stream_opens_before_the_displaced_one_ends(spare, shopper, order_id):
    subscribers = [open_stream(shopper, order_id) for _ in range(4)]
    for subscriber in subscribers:
        subscriber.wait_for_states("PLACED")
    with frozen(workers(spare, "internal")):
        subscribers.append(Subscriber(shopper, order_id))
        subscribers[-1].wait_for_states("PLACED")
        assert not subscribers[0].ended_at
    subscribers[0].wait_for_end(RECOVERED_WITHIN)
    assert subscribers[0].replaced
    for subscriber in subscribers[1:]:
        assert not subscriber.replaced and not subscriber.ended_at
        subscriber.close()


def restart_streams_with(spare, connections):
    """Restarts the streams' nginx with a number of connections."""
    path = spare.run_dir / "nginx" / "streams.conf"
    path.write_text(re.sub(r"worker_connections \d+", f"worker_connections {connections}",
                           path.read_text()))
    spare.supervisor("restart", "streams")


def test_new_streams_get_503_when_the_streams_nginx_is_full(spare, shopper, internal_client, order_id):
    courier = spare.staff("courier")
    try:
        restart_streams_with(spare, 24)
        open_stream(courier, order_id).close()
        subscribers = [Subscriber(courier, order_id) for _ in range(40)]
        opened = [subscriber for subscriber in subscribers if subscriber.status == 200]
        assert {subscriber.status for subscriber in subscribers} == {200, 503}
        for subscriber in subscribers:
            if subscriber.status == 200:
                continue
            assert int(subscriber.answer.headers["Retry-After"]) > 0
            assert json.load(subscriber.answer)["code"] == "service_temporarily_unavailable"
        for subscriber in opened:
            subscriber.wait_for_states("PLACED")
        assert ok(status(shopper, order_id))["status"] == "PLACED"
        for subscriber in subscribers:
            subscriber.close()
        open_stream(shopper, order_id).close()
    finally:
        restart_streams_with(spare, 4096)


def test_while_delivery_is_stopped_no_stream_begins_and_none_ends(spare, shopper, internal_client, order_id):
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED")
        spare.supervisor("stop", "delivery")
        try:
            answer = shopper.get(path_of(order_id))
            assert answer.status in (502, 503, 504) and answer.seconds < OUTAGE_BOUND, answer
            assert int(answer.header("Retry-After")) > 0
            assert not subscriber.ended_at
        finally:
            spare.supervisor("start", "delivery")
        wait_until(lambda: status(shopper, order_id).status == 200, 10, "delivery is ready again")
        internal_client.move(order_id, "PACKED")
        subscriber.wait_for_states("PLACED", "PACKED", seconds=RECOVERED_WITHIN)
    refused(shopper.get(path_of(UNKNOWN_ID)), 404, "Order not found")


def test_open_streams_do_not_delay_a_restart(spare, shopper, internal_client, order_id):
    subscribers = [Subscriber(shopper, order_id) for _ in range(4)]
    for subscriber in subscribers:
        subscriber.wait_for_states("PLACED")
    began = time.monotonic()
    spare.supervisor("stop", "streams")
    spare.supervisor("restart", "nginx")
    assert time.monotonic() - began < 8, "the gateway waited for streams"
    spare.supervisor("start", "streams")
    for subscriber in subscribers:
        subscriber.wait_for_end(1)
    with open_stream(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED")
