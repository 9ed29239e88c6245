"""Rate limits of the gateway."""

import contextlib
import os
import select
import socket
import threading

import pytest

from checks import UNKNOWN_ID, ok, refused
from client import next_address
from instance import wait_until

BURST = 20
PLACES = 4
ORIGIN = "http://localhost:5173"
CHUNKED = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
PREFLIGHT = f"Origin: {ORIGIN}\r\nAccess-Control-Request-Method: POST\r\n"


def burst_of(port, address, calls, path="/healthz", method="GET", headers="", host="localhost"):
    """Sends pipelined calls on one connection, and returns the statuses of the answers."""
    request = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), 20, (address, 0)) as sock:
        sender = threading.Thread(target=send_all, args=(sock, request * (calls - 1) + request.replace(
            b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")))
        sender.start()
        received = b"".join(iter(lambda: sock.recv(65536), b""))
        sender.join()
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


def limited_after(burst, statuses):
    """Asserts that at least a number of calls was answered before the first 429, which closed the connection;
    returns the statuses before."""
    *others, last = statuses
    assert last == 429 and 429 not in others and burst <= len(others) < 2 * burst, statuses
    return set(others)


def send_all(sock, requests):
    """Sends until the server closes the connection."""
    with contextlib.suppress(OSError):
        sock.sendall(requests)


def test_registrations_and_logins_of_an_address_are_limited(shop):
    stranger = shop.guest()
    wrong = [stranger.post("/login", {"email": f"{os.urandom(6).hex()}@example.com",
                                      "password": "wrong password"}) for _ in range(BURST + 10)]
    statuses = [answer.status for answer in wrong]
    assert statuses[:BURST] == [401] * BURST
    assert 429 in statuses[BURST:], statuses
    refused(wrong[statuses.index(429)], 429, "Too many requests")
    registered = [stranger.post("/register", {}).status for _ in range(BURST + 10)]
    assert registered[:BURST] == [422] * BURST, "registration has a limit of its own"
    assert 429 in registered[BURST:], registered
    assert shop.guest().post("/login", {}).status == 422, "another address is not concerned"
    ok(stranger.get("/products"))


@pytest.mark.parametrize("path", ["/login", "/register"])
def test_concurrent_password_calls_of_an_address_are_limited(shop, path):
    """A call is in progress until its body arrives."""
    address, head = next_address(), f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n".encode()
    waiting = []
    stranger = shop.guest()
    stranger.address = address

    def limited(call):
        return stranger.post(call, {}).status == 429

    def no_place_is_left():
        """Another client's call may use a place, so that one of these is refused."""
        answered = select.select(waiting, [], [], 0)[0]
        waiting[:] = [sock for sock in waiting if sock not in answered]
        for sock in answered:
            sock.close()
        while len(waiting) < PLACES:
            waiting.append(socket.create_connection(("127.0.0.1", shop.ports["gateway"]), 20, (address, 0)))
            waiting[-1].sendall(head + b"{")
        return limited("/login") and limited("/register")

    wait_until(no_place_is_left, 5, "no place is free")
    refused(stranger.post(path, {}), 429, "Too many requests")
    assert shop.guest().post("/login", {}).status == 422, "another address is not concerned"
    assert stranger.get("/products").status == 200
    for sock in waiting:
        sock.sendall(b"}")
        assert sock.recv(65536).startswith(b"HTTP/1.1 422 ")
        sock.close()
    wait_until(lambda: not limited(path), 5, "places are free again")


# Every kind of answer of the gateway itself, and one of a service: the call, the status, and the size of
# the burst.
KINDS = {
    "no such path": (("gateway", "GET", "/nowhere"), 404, 200),
    "a path of nginx's own": (("gateway", "GET", "/error.json"), 404, 200),
    "a service's port": (("user", "GET", "/products"), 404, 200),
    "a preflight": (("gateway", "OPTIONS", "/cart/add", PREFLIGHT), 204, 200),
    "liveness": (("gateway", "GET", "/healthz"), 200, 40),
    "readiness": (("gateway", "GET", "/readyz"), 200, 40),
    "no method of liveness": (("gateway", "DELETE", "/healthz"), 405, 200),
    "a service's health": (("user", "GET", "/health"), 200, 40),
    "a file": (("gateway", "GET", "/assets/icon.svg"), 200, 1000),
    "no such picture": (("gateway", "GET", "/pictures/none.webp"), 404, 1000),
    "the page": (("gateway", "GET", "/"), 200, 1000),
    "the API's page": (("gateway", "GET", "/docs"), 200, 200),
    "the API's description": (("gateway", "GET", "/openapi.json"), 200, 200),
    "a body in chunks": (("gateway", "POST", "/cart/add", CHUNKED), 401, 40),
    "a body in chunks for a file": (("gateway", "POST", "/assets/icon.svg", CHUNKED), 405, 40),
    "a search": (("gateway", "GET", "/products?q=milk&limit=1"), 200, 200),
    "a search without a limit": (("gateway", "GET", "/products?q=milk&xlimit=1"), 200, 50),
    "an unknown query": (("gateway", "GET", "/products?x=1"), 200, 50),
    "a list of orders": (("gateway", "GET", f"/orders/{UNKNOWN_ID}"), 401, 60),
    "another call": (("gateway", "GET", "/cart/x"), 401, 200),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_has_a_rate_limit(shop, kind):
    (listener, method, path, *headers), status, burst = KINDS[kind]
    statuses = burst_of(shop.ports[listener], next_address(), 2 * burst + 200, path, method, *headers)
    assert limited_after(burst, statuses) == {status}


@pytest.mark.parametrize("query, paged", [
    ("limit=5", True), ("q=milk&limit=5", True), ("after=&limit=5", True), ("q=milk", False),
    ("category=Dairy&xlimit=5", False), ("q=limit=5", False), ("limit=", False), ("Limit=5", False),
    ("x=1", False)])
def test_an_unpaged_search_has_a_lower_rate_limit(shop, query, paged):
    statuses = burst_of(shop.ports["gateway"], next_address(), 150, f"/products?{query}")
    if paged:
        assert len(statuses) == 150 and 429 not in statuses
    else:
        limited_after(50, statuses)


def test_the_cached_catalogue_does_not_count_as_a_search(shop):
    statuses = burst_of(shop.ports["gateway"], next_address(), 190, "/products")
    assert statuses == [200] * 190


# Requests that nginx refuses by the header alone, and the status.
REFUSED_EARLY = {
    "TRACE / HTTP/1.1\r\nHost: x": 405, "CONNECT x HTTP/1.1\r\nHost: x": 400, "GET / HTTP/1.1": 400,
    "GARBAGE": 400, "GET / HTTP/3.0\r\nHost: x": 505, "GET /%zz HTTP/1.1\r\nHost: x": 400,
    "GET / HTTP/1.1\r\nHost: x\r\nHost: y": 400, "GET / HTTP/1.1\r\nHost: x\r\nX: " + "a" * 9000: 431,
    "GET /" + "a" * 9000 + " HTTP/1.1\r\nHost: x": 414,
    "POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip": 501,
    "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: x": 400,
    "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 5000": 413,
    "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5000": 413,
    "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000": 413,
    "OPTIONS /cart/add HTTP/1.1\r\nHost: x\r\n" + PREFLIGHT + "Content-Length: 5000": 413,
    f"GET /order/{UNKNOWN_ID}/events HTTP/1.1\r\nHost: x\r\nUpgrade: websocket": 400,
}
early = pytest.mark.parametrize("request_line", REFUSED_EARLY, ids=lambda line: line[:70])


@early
def test_a_request_refused_before_the_rate_limit_closes_its_connection(shop, request_line):
    with socket.create_connection(("127.0.0.1", shop.ports["gateway"]), 20, (next_address(), 0)) as sock:
        send_all(sock, f"{request_line}\r\n\r\n".encode() * 20)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := sock.recv(65536):
                received += piece
    assert received.count(b"HTTP/1.1 ") == 1, received[:2000]


def first_answer(port, address, request):
    """The status and the end of the answer to a request on a connection of its own."""
    with socket.create_connection(("127.0.0.1", port), 20, (address, 0)) as sock:
        send_all(sock, request)
        received = b""
        while not received.endswith(b"}") and (piece := sock.recv(65536)):
            received += piece
    return int(received.split()[1]), received


@early
def test_a_request_refused_before_the_rate_limit_still_counts(shop, request_line):
    address, request = next_address(), f"{request_line}\r\n\r\n".encode()
    answers = [first_answer(shop.ports["gateway"], address, request) for _ in range(400)]
    statuses = [status for status, _ in answers]
    assert set(statuses) == {REFUSED_EARLY[request_line], 429}
    assert 429 not in statuses[:200] and statuses.count(429) > 50
    limited = answers[statuses.index(429)][1]
    assert limited.endswith(b'{"detail":"Too many requests","code":"too_many_requests"}')
    assert b"Retry-After: " in limited and b"application/json" in limited


def test_a_malformed_body_beyond_the_limit_is_refused_in_json(shop):
    address = next_address()
    burst_of(shop.ports["gateway"], address, 600, "/nowhere")
    request = b"POST /cart/add HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"
    for _ in range(5):
        status, answer = first_answer(shop.ports["gateway"], address, request)
        assert status == 400 and answer.endswith(b'"code":"bad_request"}'), answer


def behind_proxy(shop, *addresses):
    """The status of a login for each address, through a trusted proxy."""
    proxy = shop.guest().behind_proxy()
    return [proxy.post("/login", {}, headers={"X-Forwarded-For": address}).status
            for address in addresses]


def test_an_ipv6_client_is_identified_by_its_64_bit_prefix(shop):
    net = f"2001:db8:{os.getpid() & 0xffff:x}"
    statuses = behind_proxy(shop, *(f"{net}:7:{n:x}::{n:x}" for n in range(BURST + 10)))
    assert statuses[:BURST] == [422] * BURST
    assert 429 in statuses[BURST:], statuses
    assert behind_proxy(shop, f"{net}:8::1") == [422], "another network is not concerned"


def test_an_ipv4_address_in_ipv6_is_an_address_of_its_own(shop):
    first, second = next_address(), next_address()
    statuses = behind_proxy(shop, *[f"::ffff:{first}", first] * (BURST // 2 + 5))
    assert statuses[:BURST] == [422] * BURST
    assert 429 in statuses[BURST:], statuses
    assert behind_proxy(shop, f"::ffff:{second}") == [422]


def test_rate_limits_can_be_switched_off(open_shop):
    for listener, method, path, headers in [
            ("gateway", "GET", "/nowhere", ""), ("gateway", "GET", "/healthz", ""),
            ("gateway", "OPTIONS", "/cart/add", PREFLIGHT), ("gateway", "GET", "/products?x=1", ""),
            ("gateway", "POST", "/login", "Content-Length: 0\r\n"),
            ("gateway", "POST", "/register", "Content-Length: 0\r\n"),
            ("gateway", "GET", f"/orders/{UNKNOWN_ID}", ""), ("gateway", "GET", "/cart/x", "")]:
        statuses = burst_of(open_shop.ports[listener], next_address(), 300, path, method, headers)
        assert len(statuses) == 300 and 429 not in statuses, path
    statuses = burst_of(open_shop.ports["gateway"], next_address(), 2500, "/assets/icon.svg")
    assert statuses == [200] * 2500


def test_a_forged_client_address_is_ignored(shop):
    stranger = shop.guest()
    answers = [stranger.post("/login", {}, headers={
        "X-Forwarded-For": f"203.0.113.{n}", "X-Real-IP": f"203.0.113.{n}",
        "Forwarded": f"for=203.0.113.{n}"}) for n in range(BURST + 10)]
    assert 429 in [answer.status for answer in answers]


def test_other_routes_have_a_burst_of_200(shop):
    statuses = burst_of(shop.ports["gateway"], next_address(), 600, "/categories")
    assert limited_after(200, statuses) == {200}


def test_a_rate_limit_refusal_is_json(shop):
    address = next_address()
    burst_of(shop.ports["gateway"], address, 600, "/categories")
    client = shop.guest()
    client.address = address
    answers = [client.get("/categories") for _ in range(30)]
    limited = [answer for answer in answers if answer.status == 429]
    assert limited, answers
    refused(limited[0], 429, "Too many requests")


@pytest.mark.parametrize("method, path, headers", [
    ("GET", "/categories", {}), ("OPTIONS", "/cart/add", {"Access-Control-Request-Method": "POST"})])
def test_a_page_of_another_origin_may_read_the_refusal(shop, method, path, headers):
    address = next_address()
    burst_of(shop.ports["gateway"], address, 600, "/nowhere")
    client = shop.guest()
    client.address = address
    answers = [client.call(method, path, headers={"Origin": ORIGIN, **headers}) for _ in range(30)]
    limited = next(answer for answer in answers if answer.status == 429)
    refused(limited, 429, "Too many requests")
    assert limited.header("Access-Control-Allow-Origin") == ORIGIN
    assert "Retry-After" in limited.header("Access-Control-Expose-Headers")


def test_the_published_ports_are_limited_too(shop):
    stranger = shop.guest("user")
    statuses = [stranger.post("/login", {}).status for _ in range(BURST + 10)]
    assert 429 in statuses
