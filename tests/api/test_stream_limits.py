"""Limits of event streams for a user and an address, and refused WebSocket upgrades."""

import base64
import itertools
import json
import os
import re
import socket
import subprocess
import threading

import pytest

from checks import ok, refused
from client import PROXY, next_address
from internal_client import InternalClient
from instance import ROOT, wait_until
from journey import status
from subscribers import Subscriber, path_of

SOON = 1
REPLACED_WITHIN = 5
PER_USER = 4
OPENS_PER_MINUTE = 60
PER_ADDRESS = 200


@pytest.fixture(scope="module")
def internal_client(shop):
    return InternalClient(shop)


@pytest.fixture
def order_id(shopper, internal_client):
    return internal_client.place(shopper.user_id)


def replaced(subscriber):
    """Asserts that a stream got the event `replaced` and ended; returns the id of that event."""
    subscriber.wait_for_end(REPLACED_WITHIN)
    assert [event["data"] for _, event in subscriber.replaced] == ["{}"] and not subscriber.errors
    assert subscriber.replaced[0][1]["id"] == subscriber.last_id
    return subscriber.last_id


# ---- of a user ----

def test_a_fifth_stream_of_a_user_displaces_the_oldest(shopper, internal_client, order_id):
    """Also when each stream is of another order: the limit counts the streams of the user."""
    orders = [order_id, *(internal_client.place(shopper.user_id) for _ in range(5))]
    subscribers = []
    for each in orders:
        subscribers.append(Subscriber(shopper, each))
        subscribers[-1].wait_for_states("PLACED")
    for subscriber, each in zip(subscribers[:2], orders):
        final = replaced(subscriber)
        answer = shopper.get(path_of(each), headers={"Last-Event-ID": final})
        assert (answer.status, answer.body) == (204, b""), answer
    for subscriber, each in zip(subscribers[2:], orders[2:]):
        internal_client.move(each, "PACKED")
        subscriber.wait_for_states("PLACED", "PACKED")
        assert not subscriber.replaced and not subscriber.ended_at
        subscriber.close()


def test_a_replaced_stream_that_reconnects_displaces_none(shopper, order_id):
    subscribers = [Subscriber(shopper, order_id) for _ in range(PER_USER + 1)]
    final = replaced(subscribers[0])
    for _ in range(2 * PER_USER):
        assert shopper.get(path_of(order_id), headers={"Last-Event-ID": final}).status == 204
    for subscriber in subscribers[1:]:
        subscriber.wait_for_states("PLACED")
        assert not subscriber.replaced and not subscriber.ended_at
        subscriber.close()


def test_concurrent_streams_are_reduced_to_the_limit(shopper, internal_client, order_id):
    subscribers, lock = [], threading.Lock()

    def open_one():
        subscriber = Subscriber(shopper, order_id)
        with lock:
            subscribers.append(subscriber)

    threads = [threading.Thread(target=open_one) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {subscriber.status for subscriber in subscribers} == {200}
    subscribers += [Subscriber(shopper, order_id) for _ in range(PER_USER)]
    wait_until(lambda: sum(not subscriber.ended_at for subscriber in subscribers) == PER_USER, 5,
               "four are left")
    internal_client.move(order_id, "PACKED")
    for subscriber in subscribers[-PER_USER:]:
        subscriber.wait_for_states("PLACED", "PACKED")
        subscriber.close()


def test_stream_calls_of_a_user_per_minute_are_limited(shop, shopper, internal_client, order_id):
    stranger = shop.new_shopper()
    subscribers = [Subscriber(shopper, order_id) for _ in range(PER_USER + OPENS_PER_MINUTE)]
    assert {subscriber.status for subscriber in subscribers} == {200}
    for _ in range(3):
        with Subscriber(shopper, order_id) as one_more:
            assert one_more.status == 429
            assert json.load(one_more.answer) == {"detail": "Too many requests",
                                                  "code": "too_many_requests"}
            assert 1 <= int(one_more.answer.headers["Retry-After"]) <= 60
    assert ok(status(shopper, order_id))["status"] == "PLACED"  # other calls of the user succeed
    with Subscriber(stranger, internal_client.place(stranger.user_id)) as other:
        other.wait_for_states("PLACED")
    internal_client.move(order_id, "PACKED")
    for subscriber in subscribers[-PER_USER:]:
        subscriber.wait_for_states("PLACED", "PACKED")
        assert not subscriber.replaced
    for subscriber in subscribers:
        subscriber.close()


def open_streams_in_a_loop(client, order_id, over, subscribers):
    """Opens streams, each from a new address, until `over` is set."""
    while not over.is_set() and len(subscribers) < 400:
        subscribers.append(Subscriber(client, order_id))


def test_users_that_open_streams_in_a_loop_do_not_affect_others(shop, shopper, internal_client, order_id):
    over, attacks, threads, own, calls = threading.Event(), [], [], [], []
    for _ in range(4):
        attacker = shop.new_shopper()
        attacks.append([])
        threads += [threading.Thread(target=open_streams_in_a_loop,
                                     args=(attacker, target, over, attacks[-1]))
                    for target in [internal_client.place(attacker.user_id)] * 8]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: all(len(subscribers) > PER_USER for subscribers in attacks), 10, "the loops have begun")
        for _ in range(30):
            own.append(Subscriber(shopper, order_id))
            calls.append(status(shopper, order_id).status)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert {subscriber.status for subscriber in own} == {200} and set(calls) == {200}
    for subscribers in attacks:
        # 503: the attacker's own calls wait for one document, and give up.
        assert {subscriber.status for subscriber in subscribers} <= {200, 429, 503}
        assert sum(subscriber.status == 200 for subscriber in subscribers) <= PER_USER + OPENS_PER_MINUTE
    for subscribers in (own, *attacks):
        wait_until(lambda v=subscribers: sum(x.status == 200 and not x.ended_at for x in v) == PER_USER,
                   10, "four are left")
    for subscriber in own[-PER_USER:]:
        subscriber.wait_for_states("PLACED")
    for subscriber in itertools.chain(own, *attacks):
        subscriber.close()


def test_the_limit_does_not_affect_other_users_and_staff(shop, shopper, courier, internal_client, order_id):
    stranger = shop.new_shopper()
    with Subscriber(stranger, internal_client.place(stranger.user_id)) as other:
        staff = [Subscriber(courier, order_id) for _ in range(PER_USER + 2)]
        own = [Subscriber(shopper, order_id) for _ in range(PER_USER + 1)]
        replaced(own[0])
        for subscriber in (other, *staff, *own[1:]):
            subscriber.wait_for_states("PLACED")
            assert not subscriber.replaced and not subscriber.ended_at
            subscriber.close()


def test_a_refused_call_and_an_ended_order_displace_no_stream(shop, shopper, internal_client, order_id):
    ended, stranger = internal_client.place(shopper.user_id), shop.new_shopper()
    internal_client.reach(ended, "DELIVERED")
    subscribers = [Subscriber(shopper, order_id) for _ in range(PER_USER)]
    for _ in range(PER_USER):
        assert shopper.head(path_of(order_id)).status == 200
        assert shopper.get(path_of(ended)).status == 200
        assert stranger.get(path_of(order_id)).status == 404
    for subscriber in subscribers:
        subscriber.wait_for_states("PLACED")
        assert not subscriber.replaced and not subscriber.ended_at
        subscriber.close()


def test_the_limit_can_be_switched_off(moving):
    """STREAMS_PER_USER=0."""
    shopper = moving.new_shopper()
    order_id = InternalClient(moving).place(shopper.user_id)
    subscribers = [Subscriber(shopper, order_id) for _ in range(PER_USER + 2)]
    for subscriber in subscribers:
        wait_until(lambda v=subscriber: v.states, SOON, "a state is received")
        assert not subscriber.replaced
        subscriber.close()


def test_ended_streams_leave_no_channels(spare):
    """nchan removes the channels of a stream only if they end in a certain order."""
    internal_client = InternalClient(spare)

    def channels():
        text = spare.guest("internal").get("/metrics/streams").text
        return int(re.search(r"^streams_channels (\d+)$", text, re.M)[1])

    before = channels()
    for _ in range(10):
        shopper = spare.new_shopper()
        order_id = internal_client.place(shopper.user_id)
        subscribers = [Subscriber(shopper, order_id) for _ in range(PER_USER + 2)]
        subscribers[-1].close()  # by the client
        internal_client.reach(order_id, "DELIVERED")
        for subscriber in subscribers[:-1]:
            subscriber.wait_for_end(5)
            subscriber.close()
    wait_until(lambda: channels() <= before + 2, 60, f"{before} channels are left")


# ---- of an address ----

def test_streams_of_an_address_are_limited_with_retry_after(shop, courier, internal_client):
    order_id, address = internal_client.place(), next_address()
    subscribers = [Subscriber(courier, order_id, address=address) for _ in range(PER_ADDRESS)]
    assert all(subscriber.status == 200 for subscriber in subscribers)
    for listener in ("gateway", "delivery"):
        client = shop.guest(listener).with_token(courier.token)
        client.address = address
        answer = client.get(path_of(order_id))
        refused(answer, 503, "Service temporarily unavailable")
        assert int(answer.header("Retry-After")) > 0
        assert ok(status(client, order_id))["status"] == "PLACED"  # other calls succeed
    with Subscriber(courier, order_id) as elsewhere:
        elsewhere.wait_for_states("PLACED")
    subscribers.pop().close()

    def place_is_free():
        with Subscriber(courier, order_id, address=address) as again:
            return again.status == 200

    wait_until(place_is_free, 5, "a stream can be opened again")
    for subscriber in subscribers:
        subscriber.close()


def test_addresses_of_one_ipv6_network_share_the_stream_limit(moving):
    """STREAMS_PER_ADDRESS=3, and a proxy sends the client's address."""
    shopper = moving.new_shopper()
    order_id = InternalClient(moving).place(shopper.user_id)

    def open_one(address):
        return Subscriber(shopper, order_id, [("X-Forwarded-For", address)], address=PROXY)

    subscribers = [open_one(f"2001:db8:5:6:{n}::{n}") for n in range(1, 5)]
    subscribers += [open_one("2001:db8:5:7::1"), open_one("198.51.100.1"), open_one("198.51.100.2")]
    assert [subscriber.status for subscriber in subscribers] == [200] * 3 + [503] + [200] * 3
    for subscriber in subscribers:
        subscriber.close()


@pytest.mark.parametrize("setting,switch,limit", [
    ("200", "on", "200"), ("1", "on", "1"), ("0", "on", "65535"), ("200", "off", "65535"),
    ("65535", "on", "65535"), ("65536", "on", ""), ("-1", "on", ""), ("", "on", ""), ("08", "on", "")])
def test_the_gateways_limit_follows_the_settings(setting, switch, limit):
    """65535 is more than a gateway can have."""
    done = subprocess.run(["bash", "-c", ". nginx/render.sh; streams_limit"], cwd=ROOT, text=True,
                          env={**os.environ, "STREAMS_PER_ADDRESS": setting, "RATE_LIMIT": switch},
                          stdout=subprocess.PIPE, check=False)
    assert done.stdout.strip() == limit and (done.returncode == 0) == bool(limit)


@pytest.mark.parametrize("switch,known", [("on", True), ("off", True), ("On", False), ("", False), ("1", False)])
def test_the_switch_of_the_limits_accepts_only_on_and_off(switch, known):
    done = subprocess.run(["bash", "-c", ". nginx/render.sh; check_variables"], cwd=ROOT, text=True,
                          env={**os.environ, "RATE_LIMIT": switch}, stderr=subprocess.PIPE, check=False)
    assert done.returncode != 0  # the other variables are missing
    assert ("RATE_LIMIT is neither on nor off" in done.stderr) != known


# ---- no WebSocket ----

def frame(opcode, payload):
    """A client's frame, masked. RFC 6455, 5.2."""
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked


HANDSHAKE = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
             ("Sec-WebSocket-Key", base64.b64encode(bytes(16)).decode())]
UPGRADES = {
    "whole": HANDSHAKE,
    "half": [("Connection", "Upgrade"), ("Upgrade", "websocket")],
    "spelled otherwise": [("uPGRADE", "WebSocket"), *HANDSHAKE[:1], *HANDSHAKE[2:]],
    "with a protocol": [*HANDSHAKE, ("Sec-WebSocket-Protocol", "ws+meta.nchan")],
    "a list": [("Connection", "keep-alive, Upgrade"), ("Upgrade", "h2c, websocket")],
    "alone": [("Upgrade", "websocket")],
    "zero": [("Connection", "Upgrade"), ("Upgrade", "0")],
    "h2c": [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "")],
}


def answer_to_frames(client, order_id, headers, version="1.1"):
    """The answer to a request that is followed by frames, until the connection is closed."""
    lines = [f"GET {path_of(order_id)} HTTP/{version}", "Host: shop",
             f"Authorization: Bearer {client.token}", *(f"{k}: {v}" for k, v in headers), "", ""]
    pings = b"".join(frame(9, os.urandom(125)) for _ in range(20))
    with socket.create_connection(("127.0.0.1", client.ports[client.listener]), 10,
                                  (next_address(), 0)) as sock:
        sock.sendall("\r\n".join(lines).encode() + pings)
        sock.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while part := sock.recv(65536):
                received += part
        except ConnectionResetError:
            pass  # the server closed it during the last frames
    return received


@pytest.mark.parametrize("headers", UPGRADES.values(), ids=list(UPGRADES))
def test_a_websocket_upgrade_is_refused_and_disturbs_no_stream(shop, shopper, internal_client, order_id, headers):
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED")
        for listener in ("gateway", "delivery"):
            client = shop.guest(listener).with_token(shopper.token)
            for version in ("1.1", "1.0"):
                head, _, rest = answer_to_frames(client, order_id, headers, version).partition(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 400 "), head
                assert b"Content-Type: application/json" in head, head
                assert rest.startswith(b'{"detail":"WebSocket is not supported",'
                                       b'"code":"websocket_not_supported"}'), rest
                assert not re.search(rb"(?i)\r\nupgrade:|sec-websocket", head), head
        internal_client.move(order_id, "PACKED")
        subscriber.wait_for_states("PLACED", "PACKED", seconds=SOON)
        assert not subscriber.errors and not subscriber.ended_at


def test_an_upgrade_without_a_stream_is_not_found(shop, shopper, order_id):
    headers = dict(HANDSHAKE)
    refused(shopper.get(path_of(order_id), listener="user", headers=headers), 404, "Not Found")
    refused(shopper.get(path_of(order_id), listener="internal", headers=headers), 404, "Not Found")
    for path in ("//websocket", "/websocket", "/websocket.json", "//websocket.json"):
        refused(shopper.get(path), 404, "Not Found")
