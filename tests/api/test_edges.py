"""The gateway's host names, security headers, API description and security contact."""

import re
from datetime import datetime, timedelta, timezone

import pytest

from checks import ok, refused
from client import next_address, send_raw
from instance import POOLS
from test_rate_limits import burst_of

HTTPS = {"X-Forwarded-Proto": "https"}


def call_with_host(shop, host, path="/products?limit=1", listener="gateway", more=""):
    """The answer to a call with a Host header."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n"
    return send_raw(shop.ports[listener], request.encode())


# ---- SERVER_NAMES ----

@pytest.mark.parametrize("host", [
    "shop.example.com", "SHOP.Example.Com:8080", "shop.test.", "default", "test", "127.0.0.1",
    "127.0.0.1:1", "[::1]", "[::1]:8080", "203.0.113.9"])
def test_known_names_and_addresses_are_served(named, host):
    assert len(ok(call_with_host(named, host))) == 1


@pytest.mark.parametrize("listener", ["gateway", *POOLS])
@pytest.mark.parametrize("host", [
    "evil.example", "shop.example.com.evil.example", "xshop.example.com", "localhost", "gateway",
    "1.2.3.4.example", "127.0.0.1.evil.example", "127.0.0.1x"])
def test_an_unknown_host_is_refused_on_every_listener(named, host, listener):
    for path in ("/products", "/", "/login", "/docs", "/nowhere", "/order/x/events"):
        refused(call_with_host(named, host, path, listener), 421, "Unknown host")


def test_a_host_in_the_request_line_is_checked(named):
    request = b"GET http://evil.example/products HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"
    refused(send_raw(named.ports["gateway"], request), 421, "Unknown host")


def test_health_is_served_for_any_host(named):
    for path in ("/healthz", "/readyz"):
        assert ok(call_with_host(named, "evil.example", path))["status"]
    assert ok(call_with_host(named, "evil.example", "/health", "user"))["status"]


def test_a_call_without_a_host_is_served(named):
    answer = send_raw(named.ports["gateway"], b"GET /categories HTTP/1.0\r\n\r\n")
    assert ok(answer)


def test_refused_hosts_count_against_the_rate_limit(named):
    statuses = burst_of(named.ports["gateway"], next_address(), 600, "/products", host="evil.example")
    assert statuses[:200] == [421] * 200 and 429 in statuses


def test_without_server_names_any_host_is_served(shop):
    for host in ("evil.example", "localhost", "gateway"):
        assert ok(call_with_host(shop, host))


# ---- security headers ----

def test_pages_are_isolated_from_other_sites(shop, guest):
    page = guest.get("/", headers={"Accept": "text/html"})
    assert page.status == 200
    assert page.header("Cross-Origin-Opener-Policy") == "same-origin"
    assert page.header("Cross-Origin-Resource-Policy") == "same-origin"
    assert re.search(r"\bgeolocation=\(\)", page.header("Permissions-Policy"))
    assert guest.get("/assets/main.js").header("Cross-Origin-Resource-Policy") == "same-origin"


@pytest.mark.parametrize("path", ["/products?limit=1", "/nowhere", "/pictures/1f95b.webp", "/openapi.json"])
def test_other_sites_may_show_pictures_and_call_the_api(guest, path):
    answer = guest.get(path)
    assert answer.header("Cross-Origin-Resource-Policy") == "cross-origin"
    assert answer.header("Cross-Origin-Opener-Policy") is None


def test_hsts_is_sent_where_a_trusted_proxy_uses_https(guest):
    for path in ("/", "/products?limit=1", "/nowhere"):
        answer = guest.behind_proxy().get(path, headers=HTTPS)
        assert answer.header("Strict-Transport-Security") == "max-age=31536000"
        assert guest.behind_proxy().get(path).header("Strict-Transport-Security") is None
        assert guest.get(path, headers=HTTPS).header("Strict-Transport-Security") is None, \
            "the header of an untrusted client"


# ---- optional files ----

def test_the_api_description_can_be_switched_off(named, shop):
    for path in ("/openapi.json", "/docs", "/docs/page.js", "/docs/swagger-ui.css", "/docs/index.html"):
        refused(named.guest().get(path), 404, "Not Found")
    for path in ("/openapi.json", "/docs", "/docs/page.js", "/docs/swagger-ui.css"):
        assert shop.guest().get(path).status == 200


def test_a_security_contact_is_served_where_one_is_set(named, shop):
    answer = named.guest().get("/.well-known/security.txt")
    assert answer.status == 200 and answer.header("Content-Type").startswith("text/plain")
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == "mailto:security@shop.test"
    left = datetime.fromisoformat(fields["Expires"].replace("Z", "+00:00")) - datetime.now(timezone.utc)
    assert timedelta(days=200) < left < timedelta(days=365)
    refused(shop.guest().get("/.well-known/security.txt"), 404, "Not Found")
