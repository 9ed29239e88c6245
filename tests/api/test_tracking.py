"""Event streams of orders: server-sent events."""

import json
import os
import socket
import time
from urllib.parse import quote

import pytest

from checks import UNKNOWN_ID, ok, refused
from internal_client import WAY, InternalClient
from instance import POOLS, wait_until
from journey import ordered, status, wait_for_delivery_record
from tokens import claims, sign
from subscribers import Subscriber, path_of

SOON = 1  # second within which a change is received
CLOSED_WITHIN = 5
PING_EVERY = 15
TOKEN_OVER_WITHIN = 60
FINAL_ID = "1795990147:-,-,-,[0]"
REPLACED_ID = "1795990147:-,-,[0],-"


@pytest.fixture(scope="module")
def internal_client(shop):
    return InternalClient(shop)


@pytest.fixture
def order_id(shopper, internal_client):
    return internal_client.place(shopper.user_id)


# ---- events ----

def test_a_stream_sends_the_state_and_then_each_change(shopper, internal_client, order_id):
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED", seconds=SOON)
        for n, word in enumerate(WAY[1:], 2):
            began = time.monotonic()
            internal_client.move(order_id, word)
            assert subscriber.wait_for_states(*WAY[:n]) - began < SOON
            if word != "DELIVERED":
                assert subscriber.received[-1][1] == ok(status(shopper, order_id))
        assert not subscriber.errors


def test_a_new_order_can_be_streamed(shopper, milk, courier):
    order_id = ordered(shopper, milk)
    wait_for_delivery_record(shopper, order_id)
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED")
        ok(courier.post(f"/order/{order_id}/update-status", {"status": "PACKED"}))
        subscriber.wait_for_states("PLACED", "PACKED", seconds=SOON)


def test_a_later_subscriber_gets_the_newest_state(shopper, internal_client, order_id):
    with Subscriber(shopper, order_id) as first:
        first.wait_for_states("PLACED")
        internal_client.move(order_id, "PACKED")
        first.wait_for_states("PLACED", "PACKED")
        with Subscriber(shopper, order_id) as second, Subscriber(shopper, order_id) as third:
            second.wait_for_states("PACKED", seconds=SOON)
            third.wait_for_states("PACKED", seconds=SOON)
            time.sleep(0.5)
            internal_client.move(order_id, "OUT_FOR_DELIVERY")
            for subscriber in (second, third):
                subscriber.wait_for_states("PACKED", "OUT_FOR_DELIVERY", seconds=SOON)
        first.wait_for_states("PLACED", "PACKED", "OUT_FOR_DELIVERY")


def test_an_old_last_event_id_still_gets_the_state(shopper, order_id):
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED")
    for header in (("Last-Event-ID", f"{int(time.time())}:0"), ("If-None-Match", "0"),
                   ("If-Modified-Since", "Tue, 19 Jan 2038 03:14:07 GMT"),
                   ("Range", "bytes=9-"), ("Accept", "application/json"), ("Accept", "*/*"),
                   ("Connection", "Upgrade")):
        with Subscriber(shopper, order_id, [header]) as subscriber:
            assert subscriber.answer.headers["Content-Type"].startswith("text/event-stream")
            subscriber.wait_for_states("PLACED", seconds=SOON)


def test_many_subscribers_follow_many_orders(shop, internal_client):
    shoppers = [shop.new_shopper() for _ in range(20)]
    orders = [internal_client.place(shopper.user_id) for shopper in shoppers]
    subscribers = [Subscriber(shopper, order_id) for shopper, order_id in zip(shoppers, orders)
                   for _ in range(4)]
    for subscriber in subscribers:
        subscriber.wait_for_states("PLACED")
    for order_id in orders:
        internal_client.move(order_id, "PACKED")
    for subscriber in subscribers:
        subscriber.wait_for_states("PLACED", "PACKED")
        subscriber.close()


def test_the_last_event_of_fast_changes_is_the_newest_state(shopper, internal_client):
    for _ in range(10):
        order_id = internal_client.place(shopper.user_id)
        with Subscriber(shopper, order_id) as subscriber:
            internal_client.reach(order_id, "DELIVERED")
            subscriber.wait_for_end(CLOSED_WITHIN + 2)
            assert subscriber.states[-1] == "DELIVERED"
            assert subscriber.states == sorted(set(subscriber.states), key=WAY.index), subscriber.received


# ---- the end of a stream ----

@pytest.mark.parametrize("last", ["DELIVERED", "CANCELLED"])
def test_a_stream_ends_with_its_order(shopper, internal_client, order_id, last):
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED")
        internal_client.reach(order_id, last)
        wait_until(lambda: last in subscriber.states, SOON, "the last state is received")
        seen = subscriber.received[-1][0]
        assert subscriber.wait_for_end(CLOSED_WITHIN + 1) - seen < CLOSED_WITHIN
        assert subscriber.states[-1] == last and not subscriber.errors


@pytest.mark.parametrize("last", ["DELIVERED", "CANCELLED"])
def test_a_stream_of_an_ended_order_sends_its_state_and_ends(shopper, internal_client, order_id, last):
    internal_client.reach(order_id, last)
    for _ in range(2):
        with Subscriber(shopper, order_id) as subscriber:
            subscriber.wait_for_states(last)
            subscriber.wait_for_end(CLOSED_WITHIN)
            assert subscriber.states == [last] and not subscriber.errors
            assert subscriber.received[0][1] == ok(status(shopper, order_id))
        time.sleep(0.3)


@pytest.mark.parametrize("last", ["DELIVERED", "CANCELLED"])
def test_a_reconnect_after_the_last_event_gets_204(shopper, internal_client, order_id, last):
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED")
        under_way = subscriber.last_id
        internal_client.reach(order_id, last)
        wait_until(lambda: last in subscriber.states, SOON, "the last state is received")
    with Subscriber(shopper, order_id, [("Last-Event-ID", under_way)]) as whole:
        whole.wait_for_states(last)
        whole.wait_for_end(CLOSED_WITHIN)
    for final in (subscriber.last_id, whole.last_id):
        for method in ("GET", "HEAD"):
            answer = shopper.call(method, path_of(order_id), headers={"Last-Event-ID": final})
            assert (answer.status, answer.body) == (204, b""), answer
            assert answer.header("Content-Type") is None and answer.header("X-Request-ID")


def test_a_polyfill_that_reconnects_after_the_last_event_gets_no_stream(shopper, internal_client, order_id):
    """event-source-polyfill repeats the id in the query. It reconnects after a 204, which it takes for an error."""
    internal_client.reach(order_id, "DELIVERED")
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_end(CLOSED_WITHIN)
    answer = shopper.get(f"{path_of(order_id)}?lastEventId={quote(subscriber.last_id, safe='')}")
    assert ok(answer) == ok(status(shopper, order_id))


@pytest.mark.parametrize("where", ["header", "query"])
def test_the_last_event_id_of_another_order_is_ignored(shopper, internal_client, order_id, where):
    ended = internal_client.place(shopper.user_id)
    internal_client.reach(ended, "DELIVERED")
    with Subscriber(shopper, ended) as subscriber:
        subscriber.wait_for_end(CLOSED_WITHIN)
    headers = {"Last-Event-ID": subscriber.last_id} if where == "header" else {}
    query = "" if headers else f"?lastEventId={quote(subscriber.last_id, safe='')}"
    answer = shopper.call("HEAD", path_of(order_id) + query, headers=headers)
    assert answer.status == 200 and answer.header("Content-Type").startswith("text/event-stream"), answer


def test_an_unknown_last_event_id_is_ignored(shopper, order_id):
    for odd in ("1795990147:[0],-,-,-", "1795990147:[2]", "0", "[0]", "x" * 500, ":,,,", "-1:[9"):
        with Subscriber(shopper, order_id, [("Last-Event-ID", odd)]) as subscriber:
            subscriber.wait_for_states("PLACED", seconds=SOON)
        with Subscriber(shopper, order_id, query=f"?lastEventId={quote(odd, safe='')}") as subscriber:
            subscriber.wait_for_states("PLACED", seconds=SOON)


def test_a_stream_is_pinged_and_ends_with_its_token(shop, shopper, order_id):
    began, expires = time.monotonic(), int(time.time()) + 3
    short = shopper.with_token(sign(shop.secret, claims(
        shopper.user_id, "customer", exp=expires)))
    ending = [Subscriber(short, order_id) for _ in range(2)]
    idle = [Subscriber(shopper, order_id) for _ in range(2)]
    for subscriber in ending:
        subscriber.wait_for_end(TOKEN_OVER_WITHIN)
        assert time.time() >= expires, "it ended too soon"
        assert subscriber.states == ["PLACED"] and not subscriber.errors
    refused(short.get(path_of(order_id)), 401, "Invalid or expired token")
    time.sleep(max(1, began + PING_EVERY + 2 - time.monotonic()))
    for subscriber in idle:
        late = [at - began for at, _ in subscriber.pings if at - began > 1]
        assert late and abs(late[0] - PING_EVERY) < 2, subscriber.pings
        assert not subscriber.ended_at and subscriber.states == ["PLACED"]
        subscriber.close()


# ---- access ----

def test_a_stream_is_refused_like_the_status_call(shop, guest, shopper, order_id):
    stranger, unknown = shop.new_shopper(), path_of(UNKNOWN_ID)
    for listener in ("gateway", "delivery"):
        for headers in ({}, {"Last-Event-ID": FINAL_ID}):
            more = {"listener": listener, "headers": headers}
            refused(guest.get(path_of(order_id), **more), 401, "Missing token")
            refused(guest.with_token("x.y.z").get(path_of(order_id), **more), 401,
                    "Invalid or expired token")
            refused(guest.get(path_of(order_id), listener=listener, headers={
                **headers, "Authorization": "Token x"}), 401, "Invalid token format")
            refused(stranger.get(path_of(order_id), **more), 404, "Order not found")
            refused(shopper.get(unknown, **more), 404, "Order not found")
            refused(shopper.get(path_of("1"), **more), 404, "Order not found")


def test_staff_stream_any_order(courier, admin, order_id):
    for client in (courier, admin):
        with Subscriber(client, order_id) as subscriber:
            subscriber.wait_for_states("PLACED")


def test_a_service_token_is_refused_for_a_stream(shop, internal_client, order_id):
    """Its tokens are for the internal listener."""
    refused(shop.guest().with_token(internal_client.client.token).get(path_of(order_id)), 403, "Forbidden")


def test_it_is_there_on_the_gateway_and_on_deliverys_port(shop, shopper, order_id):
    for pool in POOLS:
        client = shop.guest(pool).with_token(shopper.token)
        if pool == "delivery":
            with Subscriber(client, order_id) as subscriber:
                subscriber.wait_for_states("PLACED")
        else:
            refused(client.get(path_of(order_id)), 404, "Not Found")


def test_where_no_token_is_needed_none_is_asked_for(open_shop):
    internal_client = InternalClient(open_shop)
    order_id = internal_client.place()
    with Subscriber(open_shop.guest(), order_id) as subscriber, \
            Subscriber(open_shop.guest(), order_id) as other:
        subscriber.wait_for_states("PLACED")
        internal_client.reach(order_id, "DELIVERED")
        for each in (subscriber, other):
            each.wait_for_end(CLOSED_WITHIN + 2)
            assert each.states[-1] == "DELIVERED"


# ---- HTTP ----

def test_head_returns_the_stream_headers_and_other_methods_are_refused(shopper, guest, order_id):
    answer = shopper.head(path_of(order_id))
    assert answer.status == 200 and answer.body == b"" and answer.seconds < SOON
    assert answer.header("Content-Type").startswith("text/event-stream")
    assert shopper.head(path_of(UNKNOWN_ID)).status == 404
    assert guest.head(path_of(order_id)).status == 401
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = shopper.call(method, path_of(order_id))
        refused(answer, 405, "Method Not Allowed")
        assert answer.header("Allow") == "GET, HEAD"


def test_a_page_of_an_allowed_origin_may_read_a_stream(shopper, guest, order_id):
    origin = "http://localhost:5173"
    answer = guest.call("OPTIONS", path_of(order_id), headers={
        "Origin": origin, "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization"})
    assert answer.status == 204 and answer.header("Access-Control-Allow-Origin") == origin
    assert "Authorization" in answer.header("Access-Control-Allow-Headers")
    for given, allowed in ((origin, [origin]), ("https://evil.example", None)):
        with Subscriber(shopper, order_id, [("Origin", given)]) as subscriber:
            headers = subscriber.answer.headers
            assert headers.get_all("Access-Control-Allow-Origin") == allowed
            assert bool(headers.get_all("Access-Control-Expose-Headers")) == bool(allowed)
            assert headers.get_all("Access-Control-Allow-Credentials") is None
            assert headers.get_all("Vary") == ["Origin"]
            assert headers.get_all("Cache-Control") == ["no-cache, no-transform"]
            assert headers.get_all("X-Content-Type-Options") == ["nosniff"]
        refusal = guest.get(path_of(order_id), headers={"Origin": given})
        assert refusal.header("Access-Control-Allow-Origin") == (allowed or [None])[0]


def test_stream_headers_disable_buffering_in_proxies(shopper, guest, internal_client, order_id):
    head = shopper.head(path_of(order_id))
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED")
    internal_client.reach(order_id, "DELIVERED")
    for headers in (head.headers, subscriber.answer.headers, shopper.get(path_of(order_id)).headers):
        assert headers.get_all("X-Accel-Buffering") == ["no"]
        assert headers.get_all("Cache-Control") == ["no-cache, no-transform"]
    for answer in (guest.get(path_of(order_id)), shopper.get(path_of(UNKNOWN_ID)),
                   shopper.get(f"/order/{order_id}/status"),
                   shopper.get(path_of(order_id), headers={"Last-Event-ID": REPLACED_ID})):
        assert answer.header("X-Accel-Buffering") is None
        assert answer.header("Cache-Control") == "no-store"


def test_a_client_of_http_1_0_receives_each_event_at_once(shopper, internal_client, order_id):
    lines = (f"GET {path_of(order_id)} HTTP/1.0", f"Authorization: Bearer {shopper.token}", "", "")
    with socket.create_connection(("127.0.0.1", shopper.ports["gateway"]), 10) as sock:
        sock.sendall("\r\n".join(lines).encode())
        with sock.makefile("r", encoding="utf-8") as text:
            head = "".join(iter(text.readline, "\n"))
            assert "200 OK" in head and "chunked" not in head and "Content-Length" not in head
            states = (json.loads(line[5:])["status"] for line in text if line.startswith("data:"))
            for word in WAY:
                if word != "PLACED":
                    internal_client.move(order_id, word)
                assert next(states) == word
            assert next(states, None) is None, "it ends"


def test_a_stream_is_logged_with_its_request_id(shop, shopper, order_id):
    request_id = f"req.{os.urandom(6).hex()}"
    with Subscriber(shopper.behind_proxy(), order_id, [("X-Request-ID", request_id)]) as subscriber:
        subscriber.wait_for_states("PLACED")
        assert subscriber.answer.headers.get_all("X-Request-ID") == [request_id]
    lines = wait_until(lambda: [line for line in shop.access_lines()
                                if line["request_id"] == request_id], 5, "a line")
    assert [line["uri"] for line in lines] == [path_of(order_id)]
    events = [json.loads(line) for line in shop.log_lines("delivery") if request_id in line]
    assert [event["route"] for event in events] == ["/order/{order_id}/events"]


# ---- internal paths ----

def test_clients_reach_no_internal_stream_path(shop, shopper, internal_client, order_id):
    token = internal_client.client.token
    for path in (f"/streams/{order_id}/0", f"/internal/streams/{order_id}", "/internal/streams",
                 "/authorize", "/healthz/", f"/order/{order_id}/events/"):
        for listener in ("gateway", "delivery"):
            for client in (shop.guest(), shop.guest().with_token(token)):
                for method in ("GET", "POST", "DELETE"):
                    refused(client.call(method, path, listener=listener), 404, "Not Found")
    with Subscriber(shopper, order_id, [("X-Accel-Redirect", f"/streams/{UNKNOWN_ID}/0")]) as subscriber:
        subscriber.wait_for_states("PLACED")


def test_only_a_service_publishes_to_streams(shop, shopper, admin, order_id):
    with Subscriber(shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED")
        for client in (shop.guest("internal"), shop.guest("internal").with_token(shopper.token),
                       shop.guest("internal").with_token(admin.token),
                       shop.guest("internal").with_token("x.y.z")):
            for method in ("GET", "POST", "DELETE"):
                answer = client.call(method, f"/internal/streams/{order_id}", {"status": "LOST"})
                assert answer.status in (401, 403), answer
        time.sleep(0.3)
        assert subscriber.states == ["PLACED"] and not subscriber.ended_at
