"""A shopper follows an order live, over server-sent events."""

import json
import os
import socket
import time
from urllib.parse import quote

import pytest

from checks import UNKNOWN_ID, ok, refused
from inside import WAY, Inside
from instance import POOLS, wait_until
from journey import ordered, status, told
from tokens import claims, sign
from viewers import Viewer, path_of

SOON = 1  # second within which a change is seen
CLOSED_WITHIN = 5
PING_EVERY = 15
TOKEN_OVER_WITHIN = 60
FINAL_ID = "1795990147:-,-,-,[0]"
REPLACED_ID = "1795990147:-,-,[0],-"


@pytest.fixture(scope="module")
def inside(shop):
    return Inside(shop)


@pytest.fixture
def order_id(shopper, inside):
    return inside.place(shopper.user_id)


# ---- what is seen ----

def test_a_stream_sends_the_state_and_then_each_change(shopper, inside, order_id):
    with Viewer(shopper, order_id) as viewer:
        viewer.sees("PLACED", seconds=SOON)
        for n, word in enumerate(WAY[1:], 2):
            began = time.monotonic()
            inside.move(order_id, word)
            assert viewer.sees(*WAY[:n]) - began < SOON
            if word != "DELIVERED":
                assert viewer.came[-1][1] == ok(status(shopper, order_id))
        assert not viewer.wrong


def test_a_new_order_can_be_streamed(shopper, milk, courier):
    order_id = ordered(shopper, milk)
    told(shopper, order_id)
    with Viewer(shopper, order_id) as viewer:
        viewer.sees("PLACED")
        ok(courier.post(f"/order/{order_id}/update-status", {"status": "PACKED"}))
        viewer.sees("PLACED", "PACKED", seconds=SOON)


def test_a_later_subscriber_gets_the_newest_state(shopper, inside, order_id):
    with Viewer(shopper, order_id) as first:
        first.sees("PLACED")
        inside.move(order_id, "PACKED")
        first.sees("PLACED", "PACKED")
        with Viewer(shopper, order_id) as second, Viewer(shopper, order_id) as third:
            second.sees("PACKED", seconds=SOON)
            third.sees("PACKED", seconds=SOON)
            time.sleep(0.5)
            inside.move(order_id, "OUT_FOR_DELIVERY")
            for viewer in (second, third):
                viewer.sees("PACKED", "OUT_FOR_DELIVERY", seconds=SOON)
        first.sees("PLACED", "PACKED", "OUT_FOR_DELIVERY")


def test_an_old_last_event_id_still_gets_the_state(shopper, order_id):
    with Viewer(shopper, order_id) as viewer:
        viewer.sees("PLACED")
    for header in (("Last-Event-ID", f"{int(time.time())}:0"), ("If-None-Match", "0"),
                   ("If-Modified-Since", "Tue, 19 Jan 2038 03:14:07 GMT"),
                   ("Range", "bytes=9-"), ("Accept", "application/json"), ("Accept", "*/*"),
                   ("Connection", "Upgrade")):
        with Viewer(shopper, order_id, [header]) as viewer:
            assert viewer.answer.headers["Content-Type"].startswith("text/event-stream")
            viewer.sees("PLACED", seconds=SOON)


def test_many_subscribers_follow_many_orders(shop, inside):
    shoppers = [shop.new_shopper() for _ in range(20)]
    orders = [inside.place(shopper.user_id) for shopper in shoppers]
    viewers = [Viewer(shopper, order_id) for shopper, order_id in zip(shoppers, orders)
               for _ in range(4)]
    for viewer in viewers:
        viewer.sees("PLACED")
    for order_id in orders:
        inside.move(order_id, "PACKED")
    for viewer in viewers:
        viewer.sees("PLACED", "PACKED")
        viewer.close()


def test_the_last_event_of_fast_changes_is_the_newest_state(shopper, inside):
    for _ in range(10):
        order_id = inside.place(shopper.user_id)
        with Viewer(shopper, order_id) as viewer:
            inside.reach(order_id, "DELIVERED")
            viewer.ends(CLOSED_WITHIN + 2)
            assert viewer.states[-1] == "DELIVERED"
            assert viewer.states == sorted(set(viewer.states), key=WAY.index), viewer.came


# ---- its end ----

@pytest.mark.parametrize("last", ["DELIVERED", "CANCELLED"])
def test_a_stream_ends_with_its_order(shopper, inside, order_id, last):
    with Viewer(shopper, order_id) as viewer:
        viewer.sees("PLACED")
        inside.reach(order_id, last)
        wait_until(lambda: last in viewer.states, SOON, "the last state is seen")
        seen = viewer.came[-1][0]
        assert viewer.ends(CLOSED_WITHIN + 1) - seen < CLOSED_WITHIN
        assert viewer.states[-1] == last and not viewer.wrong


@pytest.mark.parametrize("last", ["DELIVERED", "CANCELLED"])
def test_a_stream_of_an_ended_order_sends_its_state_and_ends(shopper, inside, order_id, last):
    inside.reach(order_id, last)
    for _ in range(2):
        with Viewer(shopper, order_id) as viewer:
            viewer.sees(last)
            viewer.ends(CLOSED_WITHIN)
            assert viewer.states == [last] and not viewer.wrong
            assert viewer.came[0][1] == ok(status(shopper, order_id))
        time.sleep(0.3)


@pytest.mark.parametrize("last", ["DELIVERED", "CANCELLED"])
def test_a_reconnect_after_the_last_event_gets_204(shopper, inside, order_id, last):
    with Viewer(shopper, order_id) as viewer:
        viewer.sees("PLACED")
        under_way = viewer.last_id
        inside.reach(order_id, last)
        wait_until(lambda: last in viewer.states, SOON, "the last state is seen")
    with Viewer(shopper, order_id, [("Last-Event-ID", under_way)]) as whole:
        whole.sees(last)
        whole.ends(CLOSED_WITHIN)
    for final in (viewer.last_id, whole.last_id):
        for method in ("GET", "HEAD"):
            answer = shopper.call(method, path_of(order_id), headers={"Last-Event-ID": final})
            assert (answer.status, answer.body) == (204, b""), answer
            assert answer.header("Content-Type") is None and answer.header("X-Request-ID")


def test_a_polyfill_that_reconnects_after_the_last_event_gets_no_stream(shopper, inside, order_id):
    """event-source-polyfill repeats the id in the query. A 204 is an error to it, after which it comes again."""
    inside.reach(order_id, "DELIVERED")
    with Viewer(shopper, order_id) as viewer:
        viewer.ends(CLOSED_WITHIN)
    answer = shopper.get(f"{path_of(order_id)}?lastEventId={quote(viewer.last_id, safe='')}")
    assert ok(answer) == ok(status(shopper, order_id))


@pytest.mark.parametrize("where", ["header", "query"])
def test_the_last_event_id_of_another_order_is_ignored(shopper, inside, order_id, where):
    ended = inside.place(shopper.user_id)
    inside.reach(ended, "DELIVERED")
    with Viewer(shopper, ended) as viewer:
        viewer.ends(CLOSED_WITHIN)
    headers = {"Last-Event-ID": viewer.last_id} if where == "header" else {}
    query = "" if headers else f"?lastEventId={quote(viewer.last_id, safe='')}"
    answer = shopper.call("HEAD", path_of(order_id) + query, headers=headers)
    assert answer.status == 200 and answer.header("Content-Type").startswith("text/event-stream"), answer


def test_an_unknown_last_event_id_is_ignored(shopper, order_id):
    for odd in ("1795990147:[0],-,-,-", "1795990147:[2]", "0", "[0]", "x" * 500, ":,,,", "-1:[9"):
        with Viewer(shopper, order_id, [("Last-Event-ID", odd)]) as viewer:
            viewer.sees("PLACED", seconds=SOON)
        with Viewer(shopper, order_id, query=f"?lastEventId={quote(odd, safe='')}") as viewer:
            viewer.sees("PLACED", seconds=SOON)


def test_a_stream_is_pinged_and_ends_with_its_token(shop, shopper, order_id):
    began, expires = time.monotonic(), int(time.time()) + 3
    short = shopper.with_token(sign(shop.secret, claims(
        shopper.user_id, "customer", exp=expires)))
    ending = [Viewer(short, order_id) for _ in range(2)]
    idle = [Viewer(shopper, order_id) for _ in range(2)]
    for viewer in ending:
        viewer.ends(TOKEN_OVER_WITHIN)
        assert time.time() >= expires, "it ended too soon"
        assert viewer.states == ["PLACED"] and not viewer.wrong
    refused(short.get(path_of(order_id)), 401, "Invalid or expired token")
    time.sleep(max(1, began + PING_EVERY + 2 - time.monotonic()))
    for viewer in idle:
        late = [at - began for at, _ in viewer.pings if at - began > 1]
        assert late and abs(late[0] - PING_EVERY) < 2, viewer.pings
        assert not viewer.ended_at and viewer.states == ["PLACED"]
        viewer.close()


# ---- who may ----

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
        with Viewer(client, order_id) as viewer:
            viewer.sees("PLACED")


def test_a_service_token_is_refused_for_a_stream(shop, inside, order_id):
    """Its tokens are for the internal listener."""
    refused(shop.guest().with_token(inside.client.token).get(path_of(order_id)), 403, "Forbidden")


def test_it_is_there_on_the_gateway_and_on_deliverys_port(shop, shopper, order_id):
    for pool in POOLS:
        client = shop.guest(pool).with_token(shopper.token)
        if pool == "delivery":
            with Viewer(client, order_id) as viewer:
                viewer.sees("PLACED")
        else:
            refused(client.get(path_of(order_id)), 404, "Not Found")


def test_where_no_token_is_needed_none_is_asked_for(open_shop):
    inside = Inside(open_shop)
    order_id = inside.place()
    with Viewer(open_shop.guest(), order_id) as viewer, \
            Viewer(open_shop.guest(), order_id) as other:
        viewer.sees("PLACED")
        inside.reach(order_id, "DELIVERED")
        for each in (viewer, other):
            each.ends(CLOSED_WITHIN + 2)
            assert each.states[-1] == "DELIVERED"


# ---- the form of it ----

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
        with Viewer(shopper, order_id, [("Origin", given)]) as viewer:
            headers = viewer.answer.headers
            assert headers.get_all("Access-Control-Allow-Origin") == allowed
            assert bool(headers.get_all("Access-Control-Expose-Headers")) == bool(allowed)
            assert headers.get_all("Access-Control-Allow-Credentials") is None
            assert headers.get_all("Vary") == ["Origin"]
            assert headers.get_all("Cache-Control") == ["no-cache, no-transform"]
            assert headers.get_all("X-Content-Type-Options") == ["nosniff"]
        refusal = guest.get(path_of(order_id), headers={"Origin": given})
        assert refusal.header("Access-Control-Allow-Origin") == (allowed or [None])[0]


def test_stream_headers_disable_buffering_in_proxies(shopper, guest, inside, order_id):
    head = shopper.head(path_of(order_id))
    with Viewer(shopper, order_id) as viewer:
        viewer.sees("PLACED")
    inside.reach(order_id, "DELIVERED")
    for headers in (head.headers, viewer.answer.headers, shopper.get(path_of(order_id)).headers):
        assert headers.get_all("X-Accel-Buffering") == ["no"]
        assert headers.get_all("Cache-Control") == ["no-cache, no-transform"]
    for answer in (guest.get(path_of(order_id)), shopper.get(path_of(UNKNOWN_ID)),
                   shopper.get(f"/order/{order_id}/status"),
                   shopper.get(path_of(order_id), headers={"Last-Event-ID": REPLACED_ID})):
        assert answer.header("X-Accel-Buffering") is None
        assert answer.header("Cache-Control") == "no-store"


def test_a_client_of_http_1_0_receives_each_event_at_once(shopper, inside, order_id):
    lines = (f"GET {path_of(order_id)} HTTP/1.0", f"Authorization: Bearer {shopper.token}", "", "")
    with socket.create_connection(("127.0.0.1", shopper.ports["gateway"]), 10) as sock:
        sock.sendall("\r\n".join(lines).encode())
        with sock.makefile("r", encoding="utf-8") as text:
            head = "".join(iter(text.readline, "\n"))
            assert "200 OK" in head and "chunked" not in head and "Content-Length" not in head
            states = (json.loads(line[5:])["status"] for line in text if line.startswith("data:"))
            for word in WAY:
                if word != "PLACED":
                    inside.move(order_id, word)
                assert next(states) == word
            assert next(states, None) is None, "it ends"


def test_a_stream_is_logged_with_its_request_id(shop, shopper, order_id):
    request_id = f"req.{os.urandom(6).hex()}"
    with Viewer(shopper.behind_proxy(), order_id, [("X-Request-ID", request_id)]) as viewer:
        viewer.sees("PLACED")
        assert viewer.answer.headers.get_all("X-Request-ID") == [request_id]
    lines = wait_until(lambda: [line for line in shop.access_lines()
                                if line["request_id"] == request_id], 5, "a line")
    assert [line["uri"] for line in lines] == [path_of(order_id)]
    events = [json.loads(line) for line in shop.log_lines("delivery") if request_id in line]
    assert [event["route"] for event in events] == ["/order/{order_id}/events"]


# ---- what isn't for clients ----

def test_clients_reach_no_internal_stream_path(shop, shopper, inside, order_id):
    token = inside.client.token
    for path in (f"/streams/{order_id}/0", f"/internal/streams/{order_id}", "/internal/streams",
                 "/authorize", "/healthz/", f"/order/{order_id}/events/"):
        for listener in ("gateway", "delivery"):
            for client in (shop.guest(), shop.guest().with_token(token)):
                for method in ("GET", "POST", "DELETE"):
                    refused(client.call(method, path, listener=listener), 404, "Not Found")
    with Viewer(shopper, order_id, [("X-Accel-Redirect", f"/streams/{UNKNOWN_ID}/0")]) as viewer:
        viewer.sees("PLACED")


def test_only_a_service_publishes_to_streams(shop, shopper, admin, order_id):
    with Viewer(shopper, order_id) as viewer:
        viewer.sees("PLACED")
        for client in (shop.guest("internal"), shop.guest("internal").with_token(shopper.token),
                       shop.guest("internal").with_token(admin.token),
                       shop.guest("internal").with_token("x.y.z")):
            for method in ("GET", "POST", "DELETE"):
                answer = client.call(method, f"/internal/streams/{order_id}", {"status": "LOST"})
                assert answer.status in (401, 403), answer
        time.sleep(0.3)
        assert viewer.states == ["PLACED"] and not viewer.ended_at
