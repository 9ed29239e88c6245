"""Slow connections: their number is limited by address, and unfinished headers time out."""

import contextlib
import http.client
import socket
import time

import pytest

from checks import ok, refused
from client import PROXY, Response, next_address
from instance import wait_until
from routes import Scene
from test_rate_limits import ORIGIN

CONNECTIONS = 100  # of an address with a call in progress, at most
MORE = 20
HEADER_SECONDS = 5
BODY = (f"POST /cart/add HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\nContent-Type: application/json\r\n"
        "Content-Length: 100\r\n\r\n{").encode()


@contextlib.contextmanager
def connections(port, address, count, *options):
    """That many connections of one address."""
    with contextlib.ExitStack() as stack:
        made = []
        for _ in range(count):
            sock = stack.enter_context(socket.socket())
            for option in options:
                sock.setsockopt(*option)
            sock.bind((address, 0))
            sock.settimeout(20)
            sock.connect(("127.0.0.1", port))
            made.append(sock)
        yield made


def answered(sock):
    """Whether the socket has data or its end to read."""
    sock.setblocking(False)
    try:
        sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except ConnectionResetError:
        pass
    finally:
        sock.settimeout(20)
    return True


def answer_of(sock):
    answer = http.client.HTTPResponse(sock)
    answer.begin()
    return Response(answer, answer.read(), 0)


def test_an_unfinished_header_is_timed_out(shop):
    with connections(shop.ports["gateway"], next_address(), MORE) as made:
        for sock in made:
            sock.sendall(b"GET /products HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        time.sleep(1)
        assert not any(answered(sock) for sock in made)
        wait_until(lambda: all(answered(sock) for sock in made), HEADER_SECONDS + 2, "they are closed")


def test_slow_bodies_of_an_address_are_limited(shop, guest):
    address = next_address()
    client = shop.guest()
    client.address = address
    with connections(shop.ports["gateway"], address, CONNECTIONS + MORE) as made:
        for sock in made:
            sock.sendall(BODY)
        wait_until(lambda: sum(map(answered, made)) >= MORE, 10, "the last ones are refused")
        limited = [sock for sock in made if answered(sock)]
        assert len(limited) == MORE
        answer = answer_of(limited[0])
        refused(answer, 429, "Too many requests")
        assert answer.header("Access-Control-Allow-Origin") == ORIGIN
        refused(client.get("/healthz"), 429, "Too many requests")
        ok(guest.get("/products"))
    wait_until(lambda: client.get("/healthz").status == 200, 10, "the address may connect again")


def test_connection_limits_can_be_switched_off(open_shop):
    with connections(open_shop.ports["gateway"], next_address(), CONNECTIONS + MORE) as made:
        for sock in made:
            sock.sendall(BODY)
        time.sleep(0.5)
        assert not any(map(answered, made))


def test_an_ipv6_network_shares_the_connection_limit(shop):
    net = "2001:db8:0:77"
    head, rest = BODY.split(b"\r\n", 1)
    with connections(shop.ports["gateway"], PROXY, CONNECTIONS + MORE) as made:
        for n, sock in enumerate(made):
            sock.sendall(head + f"\r\nX-Forwarded-For: {net}::{n:x}\r\n".encode() + rest)
        wait_until(lambda: sum(map(answered, made)) >= MORE, 10, "the last ones are refused")
        assert sum(map(answered, made)) == MORE


def test_slowly_read_answers_of_an_address_are_limited(shop):
    small = ((socket.SOL_SOCKET, socket.SO_RCVBUF, 2048), (socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536))
    with connections(shop.ports["gateway"], next_address(), CONNECTIONS + MORE, *small) as made:
        for sock in made:
            sock.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 6)
        wait_until(lambda: all(map(answered, made)), 10, "each has a part of its answer")
        first = [sock.recv(12, socket.MSG_PEEK) for sock in made]
    assert first.count(b"HTTP/1.1 429") >= MORE, first


def test_a_refused_client_is_disconnected_soon(shop):
    """A client must not keep its connection by sending the refused body byte by byte."""
    with connections(shop.ports["gateway"], next_address(), 1) as (sock,):
        sock.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n")
        assert answer_of(sock).status == 413
        begun = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - begun < 10:
                sock.sendall(b" ")
                time.sleep(0.2)
        assert time.monotonic() - begun < 5


@pytest.fixture(scope="module")
def scene(shop, milk):
    return Scene(shop, milk)


def test_streams_are_not_counted_but_bodies_sent_to_them_are(shop, scene):
    path = scene.path("/order/{order_id}/events")
    address = next_address()
    watching = (f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {scene.shopper.token}\r\n"
                "\r\n").encode()
    slow = f"GET {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode()
    with connections(shop.ports["gateway"], address, 3) as streams, \
            connections(shop.ports["gateway"], address, CONNECTIONS) as slow_ones, \
            connections(shop.ports["gateway"], address, 1) as (more,):
        for sock in streams:
            sock.sendall(watching)
        wait_until(lambda: all(map(answered, streams)), 10, "the streams are open")
        for sock in slow_ones:
            sock.sendall(slow)
        time.sleep(0.5)
        assert not any(map(answered, slow_ones)), "the streams take no place of theirs"
        more.sendall(slow)
        refused(answer_of(more), 503, "Service temporarily unavailable")
