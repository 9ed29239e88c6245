"""Several gateways on one database: their streams meet in a Redis, whichever a viewer looks through."""

import contextlib
import secrets
import socket
import subprocess
import time

import pytest

from inside import WAY, Inside
from instance import Shop, check_logs, wait_until
from viewers import Viewer, path_of

SOON = 1
CLOSED_WITHIN = 5


class Redis:
    """A server of its own, on loopback, that keeps nothing."""

    def __init__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "redis-server", "--port", str(self.port), "--bind",
             "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.answers, 10, "Redis answers")

    def answers(self):
        with contextlib.suppress(OSError), \
                socket.create_connection(("127.0.0.1", self.port), 1) as sock:
            sock.sendall(b"PING\r\n")
            return sock.recv(16).startswith(b"+PONG")

    def end(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def redis():
    server = Redis()
    server.start()
    yield server
    server.end()


@pytest.fixture(scope="module")
def twins(redis):
    """Two gateways, each with pools of its own, on one database and one Redis."""
    more = {"STREAMS_REDIS": f"redis://127.0.0.1:{redis.port}", "JWT_SECRET": secrets.token_hex(32)}
    first = Shop("twin_a", **more).up()
    try:
        second = Shop("twin_b", **more, MONGODB_URI=first.database).up()
        try:
            yield first, second
        finally:
            second.down()
    finally:
        first.down()
    check_logs(first)
    check_logs(second)


def test_an_event_reaches_the_subscribers_of_every_gateway(twins):
    here, there = twins
    shopper, inside = here.new_shopper(), Inside(here)
    order_id = inside.place(shopper.user_id)
    other = there.guest().with_token(shopper.token)
    with Viewer(shopper, order_id) as near, Viewer(other, order_id) as far:
        for n, word in enumerate(WAY, 1):
            if n > 1:
                inside = Inside(twins[n % 2])
                inside.move(order_id, word)
            for viewer in (near, far):
                viewer.sees(*WAY[:n], seconds=2 * SOON)
        for viewer in (near, far):
            viewer.ends(CLOSED_WITHIN)
            assert not viewer.wrong
            for client in (shopper, other):
                answer = client.get(path_of(order_id), headers={"Last-Event-ID": viewer.last_id})
                assert answer.status == 204, answer


def test_a_stream_is_displaced_by_one_through_another_gateway(twins):
    here, there = twins
    shopper, inside = here.new_shopper(), Inside(here)
    order_id = inside.place(shopper.user_id)
    other = there.guest().with_token(shopper.token)
    viewers = [Viewer(shopper if n % 2 else other, order_id) for n in range(6)]
    for viewer in viewers[:2]:
        viewer.ends(2 * SOON)
        assert len(viewer.replaced) == 1
        answer = shopper.get(path_of(order_id), headers={"Last-Event-ID": viewer.last_id})
        assert answer.status == 204, answer
    for viewer in viewers[2:]:
        viewer.sees("PLACED")
        assert not viewer.replaced and not viewer.ended_at
        viewer.close()


def test_a_later_subscriber_of_another_gateway_gets_the_newest_state(twins):
    here, there = twins
    shopper, inside = here.new_shopper(), Inside(here)
    order_id = inside.place(shopper.user_id)
    with Viewer(shopper, order_id) as first:
        first.sees("PLACED")
        inside.move(order_id, "PACKED")
        first.sees("PLACED", "PACKED")
        with Viewer(there.guest().with_token(shopper.token), order_id) as second:
            second.sees("PACKED")
            inside.move(order_id, "OUT_FOR_DELIVERY")
            second.sees("PACKED", "OUT_FOR_DELIVERY")
        first.sees("PLACED", "PACKED", "OUT_FOR_DELIVERY")


def test_streams_recover_from_a_killed_redis(twins, redis):
    here, there = twins
    shopper, inside = here.new_shopper(), Inside(here)
    order_id = inside.place(shopper.user_id)
    viewers = [Viewer(shopper, order_id), Viewer(there.guest().with_token(shopper.token), order_id)]
    for viewer in viewers:
        viewer.sees("PLACED")
    redis.end()
    inside.move(order_id, "PACKED")
    time.sleep(1)
    redis.start()
    wait_until(lambda: all(viewer.ended_at or viewer.states == ["PLACED", "PACKED"]
                           for viewer in viewers), 20, f"each has ended or seen it: {viewers}")
    for viewer in viewers:
        viewer.close()
    with Viewer(shopper, order_id) as viewer:
        viewer.sees("PACKED")
        inside.move(order_id, "OUT_FOR_DELIVERY")
        viewer.sees("PACKED", "OUT_FOR_DELIVERY", seconds=5)
