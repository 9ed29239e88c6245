"""Nobody takes the shop from the others by calling too often."""

import os
import socket

from checks import ok, refused
from client import next_address

BURST = 20


def burst_of(port, address, calls, path="/healthz", host="localhost"):
    """Sends calls in one go on one connection, and counts the answers by their status."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), 20, (address, 0)) as sock:
        sock.sendall(request * (calls - 1) + request.replace(b"\r\n\r\n",
                                                             b"\r\nConnection: close\r\n\r\n"))
        received = b"".join(iter(lambda: sock.recv(65536), b""))
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


def test_one_address_may_register_and_log_in_only_so_often(shop):
    stranger = shop.guest()
    wrong = [stranger.post("/login", {"email": f"{os.urandom(6).hex()}@example.com",
                                      "password": "wrong password"}) for _ in range(BURST + 10)]
    statuses = [answer.status for answer in wrong]
    assert statuses[:BURST] == [401] * BURST
    assert 429 in statuses[BURST:], statuses
    refused(wrong[statuses.index(429)], 429, "Too many requests")
    other = stranger.post("/register", {"name": "A", "email": "x", "password": "x", "otp": "x"})
    assert other.status in (422, 429)
    assert shop.guest().post("/login", {}).status == 422, "another address is not concerned"
    ok(stranger.get("/products"))


def test_an_address_cannot_be_made_up(shop):
    stranger = shop.guest()
    answers = [stranger.post("/login", {}, headers={
        "X-Forwarded-For": f"203.0.113.{n}", "X-Real-IP": f"203.0.113.{n}",
        "Forwarded": f"for=203.0.113.{n}"}) for n in range(BURST + 10)]
    assert 429 in [answer.status for answer in answers]


def test_all_else_has_a_burst_of_200(shop):
    statuses = burst_of(shop.ports["gateway"], next_address(), 600, "/categories")
    assert len(statuses) == 600
    assert set(statuses) == {200, 429}
    assert statuses[:200] == [200] * 200
    refused_calls = statuses.count(429)
    assert refused_calls > 50, refused_calls


def test_the_refusal_of_the_gateway_is_json(shop):
    address = next_address()
    burst_of(shop.ports["gateway"], address, 600, "/categories")
    client = shop.guest()
    client.address = address
    answers = [client.get("/categories") for _ in range(30)]
    limited = [answer for answer in answers if answer.status == 429]
    assert limited, answers
    refused(limited[0], 429, "Too many requests")


def test_the_published_ports_are_limited_too(shop):
    stranger = shop.guest("user")
    statuses = [stranger.post("/login", {}).status for _ in range(BURST + 10)]
    assert 429 in statuses
