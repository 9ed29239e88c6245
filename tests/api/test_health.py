"""Health, liveness and readiness."""

import os
import time

import pytest

from checks import REQUEST_ID, client_error, ok
from instance import POOLS, wait_until
from service_facts import FACTS
from tokens import service_token


@pytest.mark.parametrize("pool", POOLS)
def test_each_service_reports_its_health_as_published(shop, pool):
    assert ok(shop.guest(pool).get("/health")) == {"status": FACTS[pool].greeting}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("listener", [*POOLS, "gateway"])
def test_each_listener_reports_liveness_and_readiness(shop, listener, path):
    answer = shop.guest(listener).get(path)
    assert "status" in ok(answer)


def test_the_gateway_names_each_pool(guest):
    assert ok(guest.get("/readyz"))["pools"].keys() == set(POOLS)


@pytest.mark.parametrize("listener", [*POOLS, "gateway"])
def test_health_needs_no_token_and_takes_head(shop, listener):
    for path in ("/healthz", "/readyz"):
        answer = shop.guest(listener).head(path)
        assert answer.status == 200 and answer.body == b""
        assert REQUEST_ID.match(answer.header("X-Request-ID"))


def test_a_cached_head_answer_is_not_served_to_get(guest):
    """The gateway caches the answer for a second."""
    time.sleep(1.1)
    for method in ("HEAD", "GET", "HEAD", "GET"):
        answer = guest.call(method, "/readyz")
        assert answer.status == 200 and bool(answer.body) == (method == "GET"), (method, answer)


@pytest.mark.parametrize("pool", POOLS)
def test_health_probes_are_not_logged(shop, pool):
    quiet, loud = os.urandom(8).hex(), os.urandom(8).hex()
    for path in ("/health", "/healthz", "/readyz"):
        ok(shop.guest(pool).behind_proxy().get(path, headers={"X-Request-ID": quiet}))
    assert shop.guest(pool).behind_proxy().post("/healthz", headers={"X-Request-ID": loud}).status == 405
    wait_until(lambda: any(loud in line for line in shop.log_lines(pool)), 10, "a refused call is logged")
    assert not [line for line in shop.log_lines(pool) if quiet in line]


INTERNAL = [
    "/internal/products", "/internal/products?since=0", "/internal/pools", "/internal/",
    "/internal", "/%69nternal/pools", "//internal/pools", "/x/../internal/pools",
    "/pool/user/readyz", "/products/../internal/products", "/metrics", "/metrics/user",
    "/status", "/nginx_status", "/stub_status"]


@pytest.mark.parametrize("path", INTERNAL)
def test_internal_paths_are_not_found_on_public_listeners(shop, path):
    service = service_token(shop)
    for listener in ("gateway", *POOLS):
        for client in (shop.guest(listener), shop.guest(listener).with_token(service)):
            answer = client.get(path, headers={"Listener": "internal", "X-Listener": "internal",
                                               "X-Forwarded-For": "127.0.0.1"})
            client_error(answer)
            assert answer.status == 404, (listener, answer)


@pytest.mark.parametrize("pool, path", [
    ("user", "/products"), ("user", "/cart/add"), ("product", "/login"), ("product", "/profile"),
    ("cart_order", "/products"), ("cart_order", "/order/1/status"), ("delivery", "/orders/1"),
    ("delivery", "/order/create")])
def test_a_published_port_serves_only_its_own_service(shop, pool, path):
    for call in (shop.guest(pool).get, shop.guest(pool).post):
        answer = call(path)
        client_error(answer)
        assert answer.status == 404, answer
