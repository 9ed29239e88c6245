"""Request ids and traces in the logs."""

import json
import os
import re

import pytest

from checks import REQUEST_ID, ok
from instance import POOLS, wait_until
from journey import add
from service_facts import FACTS, UNKNOWN_ORDER

TRACE = re.compile(r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")


@pytest.fixture
def guest(shop):
    return shop.guest().behind_proxy()


@pytest.fixture
def shopper(shop):
    return shop.new_shopper().behind_proxy()


def new_id():
    return f"req.{os.urandom(6).hex()}"


def lines_of(shop, pool, request_id):
    """The log lines of a pool about a request."""
    lines = [line for line in shop.log_lines(pool) if request_id in line]
    return [event for event in map(json.loads, lines) if event.get("request_id") == request_id]


def access_of(shop, request_id):
    return [line for line in shop.access_lines() if line.get("request_id") == request_id]


@pytest.mark.parametrize("given", ["a", "Ab0._-" * 10, "x" * 64, "1", "..."])
def test_a_valid_request_id_is_kept(guest, given):
    for path in ("/products", "/nowhere", "/profile"):
        assert guest.get(path, headers={"X-Request-ID": given}).header("X-Request-ID") == given


@pytest.mark.parametrize("given", [
    "", "x" * 65, "a b", "a/b", "é", "a,b", "<script>", '"', "a\tb", "{}", "a;b", "%0a"])
def test_an_invalid_request_id_is_replaced(guest, given):
    headers = {"X-Request-ID": given.encode("latin-1")}
    for path in ("/products", "/nowhere", "/profile"):
        made = guest.get(path, headers=headers).header("X-Request-ID")
        assert made != given and REQUEST_ID.match(made)


def test_every_call_has_an_id_of_its_own(guest):
    paths = ["/products", "/categories", "/nowhere", "/healthz", "/login"] * 4
    made = [guest.get(path).header("X-Request-ID") for path in paths]
    assert len(set(made)) == len(made)


def test_gateway_and_service_log_the_same_id(shop, shopper, milk):
    ids = {"user_id": shopper.user_id, "product_id": milk["_id"], "order_id": UNKNOWN_ORDER}
    calls = {pool: (new_id(), facts.read.format(**ids)) for pool, facts in FACTS.items()}
    answers = {pool: shopper.get(path, headers={"X-Request-ID": request_id})
               for pool, (request_id, path) in calls.items()}
    for pool, (request_id, _) in calls.items():
        (access,) = wait_until(lambda: access_of(shop, request_id), 5, "a line in the access log")
        (event,) = wait_until(lambda: lines_of(shop, pool, request_id), 5, "the service's line")
        assert int(access["status"]) == event["status"] == answers[pool].status
        assert access["trace_id"] == event["trace_id"]
        assert {"time", "level", "service", "route", "duration_ms"} <= event.keys(), event


def test_ids_of_an_untrusted_client_are_logged_beside_the_gateways(shop, shopper):
    given, trace_id = new_id(), os.urandom(16).hex()
    traceparent = f"00-{trace_id}-{'1' * 16}-01"
    stranger = shopper.with_token(shopper.token)
    answer = stranger.get("/profile", headers={"X-Request-ID": given, "traceparent": traceparent,
                                               "X-Forwarded-For": "127.0.0.9"})
    made = answer.header("X-Request-ID")
    assert made != given and REQUEST_ID.match(made)
    (access,) = wait_until(lambda: access_of(shop, made), 5, "a line in the access log")
    assert (access["client_request_id"], access["client_traceparent"]) == (given, traceparent)
    assert access["trace_id"] != trace_id and not access_of(shop, given)
    (event,) = wait_until(lambda: lines_of(shop, "user", made), 5, "the service's line")
    assert event["trace_id"] == access["trace_id"]


def test_ids_of_a_trusted_proxy_are_logged_once(shop, guest):
    given = new_id()
    ok(guest.get("/products", headers={"X-Request-ID": given}))
    (access,) = wait_until(lambda: access_of(shop, given), 5, "a line in the access log")
    assert (access["client_request_id"], access["client_traceparent"]) == ("", "")


def test_a_valid_trace_is_continued(shop, shopper):
    request_id, trace_id = new_id(), os.urandom(16).hex()
    ok(shopper.get("/profile", headers={"X-Request-ID": request_id,
                                        "traceparent": f"00-{trace_id}-{'1' * 16}-01"}))
    (event,) = wait_until(lambda: lines_of(shop, "user", request_id), 5)
    assert event["trace_id"] == trace_id


@pytest.mark.parametrize("given", [
    "", "garbage", f"00-{'0' * 32}-{'1' * 16}-01", f"00-{'1' * 32}-{'0' * 16}-01",
    f"00-{'g' * 32}-{'1' * 16}-01", f"ff-{'1' * 32}-{'1' * 16}-01", f"00-{'A' * 32}-{'1' * 16}-01",
    f"00-{'1' * 32}-{'1' * 16}-01-x", f"00-{'1' * 31}-{'1' * 16}-01"])
def test_an_invalid_trace_is_replaced(shop, shopper, given):
    request_id = new_id()
    ok(shopper.get("/profile", headers={"X-Request-ID": request_id, "traceparent": given}))
    (event,) = wait_until(lambda: lines_of(shop, "user", request_id), 5)
    assert re.fullmatch("[0-9a-f]{32}", event["trace_id"]) and event["trace_id"].strip("0")
    assert event["trace_id"] not in given.lower() or not given


def test_delivery_logs_the_request_id_of_the_order(shop, shopper, milk):
    request_id, trace_id = new_id(), os.urandom(16).hex()
    ok(add(shopper, milk))
    ok(shopper.post("/order/create", {"user_id": shopper.user_id},
                    headers={"X-Request-ID": request_id,
                             "traceparent": f"00-{trace_id}-{'1' * 16}-01"}))
    for pool in ("cart_order", "delivery"):
        events = wait_until(lambda: lines_of(shop, pool, request_id), 5, f"a line of {pool}")
        assert {event["trace_id"] for event in events} == {trace_id}


def test_a_line_break_in_a_path_does_not_split_a_log_line(shop, guest):
    mark = os.urandom(6).hex()
    guest.get(f'/products/x%0a{{"forged":"{mark}"}}'.replace('"', "%22"))
    guest.get(f"/%0a{mark}%0d%0a")
    guest.get("/products", headers={"User-Agent": f'x"}}{mark}', "Referer": "\\"})
    wait_until(lambda: any(mark in json.dumps(line) for line in shop.access_lines()), 5)
    for pool in POOLS:
        assert all(isinstance(json.loads(line), dict) for line in shop.log_lines(pool))
        assert not any(line.startswith('{"forged') for line in shop.log_lines(pool))
