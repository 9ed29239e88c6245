"""Whoever dies, no viewer is left behind: it ends, or it sees what happens."""

import contextlib
import json
import re
import signal
import time

import pytest

from checks import OUTAGE_BOUND, UNKNOWN_ID, ok, refused
from inside import WAY, Inside
from instance import comm, descendants, freeze, kill, wait_until
from journey import status
from viewers import Viewer, path_of

SOON = 1
MADE_GOOD_WITHIN = 5  # seconds until what a process left undone is done by another


@pytest.fixture
def inside(spare):
    return Inside(spare)


@pytest.fixture
def shopper(spare):
    return spare.new_shopper()


@pytest.fixture
def order_id(shopper, inside):
    return inside.place(shopper.user_id)


def workers(system, program):
    """The worker processes of an nginx that supervisord watches: gateway or streams."""
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


def opens(client, order_id):
    """A viewer, as soon as one can be."""
    made = []

    def works():
        made.append(Viewer(client, order_id))
        return made[-1].status == 200

    wait_until(works, 10, "a stream can be opened")
    return made[-1]


def killed(pid):
    kill(pid)
    wait_until(lambda: comm(pid) is None, 5, "it is dead")


def test_streams_of_a_killed_worker_end_and_can_be_reopened(spare, shopper, inside, order_id):
    for n, word in enumerate(WAY[:3]):
        viewers = [opens(shopper, order_id) for _ in range(4)]
        for viewer in viewers:
            viewer.sees(word)
        (pid,) = workers(spare, "streams")
        killed(pid)
        for viewer in viewers:
            viewer.ends(SOON)
        # The new one knows nothing; whoever comes sees the state, and what follows.
        with opens(shopper, order_id) as viewer, opens(shopper, order_id) as other:
            viewer.sees(word)
            inside.move(order_id, WAY[n + 1])
            for each in (viewer, other):
                each.sees(word, WAY[n + 1])


def test_streams_recover_from_a_killed_nginx_master(spare, shopper, inside, order_id):
    with Viewer(shopper, order_id) as viewer:
        viewer.sees("PLACED")
        old = workers(spare, "streams")
        killed(spare.pid("streams"))
        # Its worker holds the streams until the next one begins: nobody tells it anything.
        viewer.ends(5)
    wait_until(lambda: not any(comm(pid) for pid in old), 5, "the old worker is gone")
    inside.move(order_id, "PACKED")
    with opens(shopper, order_id) as viewer:
        viewer.sees("PACKED")


def test_streams_through_a_killed_gateway_worker_end(spare, shopper, inside, order_id):
    courier = spare.staff("courier")  # who may have any number
    viewers = [Viewer(courier, order_id) for _ in range(8)]
    for viewer in viewers:
        viewer.sees("PLACED")
    pids = [pid for pid in workers(spare, "nginx")]
    killed(pids[0])
    inside.move(order_id, "PACKED")
    wait_until(lambda: all(viewer.ended_at or viewer.states == ["PLACED", "PACKED"]
                           for viewer in viewers), 2 * SOON, "each has ended or seen it")
    killed(pids[1])
    for viewer in viewers:
        if viewer.states == ["PLACED"]:
            viewer.ends(SOON)
        viewer.close()
    with opens(shopper, order_id) as viewer:
        viewer.sees("PACKED")


def test_a_stored_change_is_published_after_its_worker_dies(spare, shopper, inside, order_id):
    with Viewer(shopper, order_id) as viewer:
        viewer.sees("PLACED")
        with frozen(workers(spare, "streams")):
            inside.move(order_id, "PACKED")
            for pid in spare.workers("delivery"):
                killed(pid)
        viewer.sees("PLACED", "PACKED", seconds=MADE_GOOD_WITHIN)
        wait_until(lambda: status(shopper, order_id).status == 200, 5, "delivery is back")
        inside.move(order_id, "OUT_FOR_DELIVERY")
        viewer.sees("PLACED", "PACKED", "OUT_FOR_DELIVERY", seconds=MADE_GOOD_WITHIN)


def test_a_stream_ends_after_the_worker_that_should_end_it_dies(spare, shopper, inside, order_id):
    with Viewer(shopper, order_id) as viewer:
        viewer.sees("PLACED")
        inside.reach(order_id, "DELIVERED")
        wait_until(lambda: "DELIVERED" in viewer.states, SOON, "it is seen")
        for pid in spare.workers("delivery"):
            killed(pid)
        viewer.ends(MADE_GOOD_WITHIN)


def test_streams_survive_restarts_of_delivery_and_the_database(spare, shopper, inside, order_id):
    with Viewer(shopper, order_id) as viewer:
        viewer.sees("PLACED")
        for pid in spare.workers("delivery"):
            killed(pid)
        spare.supervisor("restart", "mongod")
        wait_until(lambda: status(shopper, order_id).status == 200, 15, "all is back")
        inside.move(order_id, "PACKED")
        viewer.sees("PLACED", "PACKED", seconds=MADE_GOOD_WITHIN)
        assert not viewer.wrong


def test_a_late_publish_of_a_frozen_process_is_corrected(spare, shopper, inside, order_id):
    """Frozen in the middle of telling, it goes on when another has told of what came after it."""
    for word in WAY[1:3]:
        with Viewer(shopper, order_id) as viewer:
            with frozen(spare.workers("delivery")[:1]):
                wait_until(lambda: spare_moves(spare, order_id, word), 15, "the other one moves it")
                time.sleep(0.5)
            time.sleep(4)
            assert viewer.states[-1] == word, viewer.came
        with Viewer(shopper, order_id) as late:
            late.sees(word)


def spare_moves(spare, order_id, word):
    """Half of the calls come to the frozen process, and are answered by none."""
    answer = Inside(spare).client.post(f"/order/{order_id}/update-status", {"status": word})
    return answer.status == 200 or answer.json().get("code") == "invalid_transition"


def test_stream_calls_get_503_while_the_streams_nginx_is_stopped(spare, shopper, inside, order_id):
    with Viewer(shopper, order_id) as viewer:
        viewer.sees("PLACED")
        spare.supervisor("stop", "streams")
        try:
            viewer.ends(5)
            answer = shopper.get(path_of(order_id))
            assert answer.status in (502, 503) and answer.seconds < OUTAGE_BOUND, answer
            assert answer.json()["code"] == "service_temporarily_unavailable"
            assert int(answer.header("Retry-After")) > 0
            began = time.monotonic()
            inside.move(order_id, "PACKED")
            assert time.monotonic() - began < OUTAGE_BOUND
            assert ok(status(shopper, order_id))["status"] == "PACKED"
        finally:
            spare.supervisor("start", "streams")
    with opens(shopper, order_id) as viewer:
        viewer.sees("PACKED")
        inside.move(order_id, "OUT_FOR_DELIVERY")
        viewer.sees("PACKED", "OUT_FOR_DELIVERY", seconds=MADE_GOOD_WITHIN)


def test_a_stream_opens_before_the_displaced_one_ends(spare, shopper, order_id):
    viewers = [opens(shopper, order_id) for _ in range(4)]
    for viewer in viewers:
        viewer.sees("PLACED")
    with frozen(workers(spare, "internal")):
        viewers.append(Viewer(shopper, order_id))
        viewers[-1].sees("PLACED")
        assert not viewers[0].ended_at
    viewers[0].ends(MADE_GOOD_WITHIN)
    assert viewers[0].replaced
    for viewer in viewers[1:]:
        assert not viewer.replaced and not viewer.ended_at
        viewer.close()


def restarted_with(spare, connections):
    """The streams' nginx again, with room for as many connections."""
    path = spare.run_dir / "nginx" / "streams.conf"
    path.write_text(re.sub(r"worker_connections \d+", f"worker_connections {connections}",
                           path.read_text()))
    spare.supervisor("restart", "streams")


def test_new_streams_get_503_when_the_streams_nginx_is_full(spare, shopper, inside, order_id):
    courier = spare.staff("courier")
    try:
        restarted_with(spare, 24)
        opens(courier, order_id).close()
        viewers = [Viewer(courier, order_id) for _ in range(40)]
        opened = [viewer for viewer in viewers if viewer.status == 200]
        assert {viewer.status for viewer in viewers} == {200, 503}
        for viewer in viewers:
            if viewer.status == 200:
                continue
            assert int(viewer.answer.headers["Retry-After"]) > 0
            assert json.load(viewer.answer)["code"] == "service_temporarily_unavailable"
        for viewer in opened:
            viewer.sees("PLACED")
        assert ok(status(shopper, order_id))["status"] == "PLACED"
        for viewer in viewers:
            viewer.close()
        opens(shopper, order_id).close()
    finally:
        restarted_with(spare, 4096)


def test_while_delivery_is_stopped_no_stream_begins_and_none_ends(spare, shopper, inside, order_id):
    with Viewer(shopper, order_id) as viewer:
        viewer.sees("PLACED")
        spare.supervisor("stop", "delivery")
        try:
            answer = shopper.get(path_of(order_id))
            assert answer.status in (502, 503, 504) and answer.seconds < OUTAGE_BOUND, answer
            assert int(answer.header("Retry-After")) > 0
            assert not viewer.ended_at
        finally:
            spare.supervisor("start", "delivery")
        wait_until(lambda: status(shopper, order_id).status == 200, 10, "delivery is back")
        inside.move(order_id, "PACKED")
        viewer.sees("PLACED", "PACKED", seconds=MADE_GOOD_WITHIN)
    refused(shopper.get(path_of(UNKNOWN_ID)), 404, "Order not found")


def test_open_streams_do_not_delay_a_restart(spare, shopper, inside, order_id):
    viewers = [Viewer(shopper, order_id) for _ in range(4)]
    for viewer in viewers:
        viewer.sees("PLACED")
    began = time.monotonic()
    spare.supervisor("stop", "streams")
    spare.supervisor("restart", "nginx")
    assert time.monotonic() - began < 8, "the gateway waited for streams"
    spare.supervisor("start", "streams")
    for viewer in viewers:
        viewer.ends(1)
    with opens(shopper, order_id) as viewer:
        viewer.sees("PLACED")
