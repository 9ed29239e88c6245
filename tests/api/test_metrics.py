"""The metrics in Prometheus' format count exactly the calls that were made."""

import re
import socket
import threading

import pytest

from checks import ok
from internal_client import InternalClient
from instance import POOLS, kill, wait_until
from journey import add, cancel, create, wait_for_delivery_record
from service_facts import FACTS, UNKNOWN_ORDER
from subscribers import Subscriber

WATCHED = (*POOLS, "gateway", "streams")
SAMPLE = re.compile(r'^([a-z_]+)(?:\{((?:[a-z]+="[^"\\]*",?)*)\})? (-?[0-9.]+)$')
THREADS, ROUNDS = 8, 125
REQUESTS = "http_server_requests_total"
DURATIONS = "http_server_request_duration_seconds"


def watch(shop, what):
    """The metrics of a pool: (name, labels) → number; asserts the text's form."""
    answer = shop.guest("internal").get(f"/metrics/{what}")
    assert answer.status == 200, answer
    assert answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    found, types = {}, {}
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert name not in types, f"{name} stands twice"
            types[name] = kind
        elif not line.startswith("# HELP "):
            name, labels, value = SAMPLE.match(line).groups()
            assert re.sub(r"_(bucket|sum|count)$", "", name) in types or name in types, line
            key = name, frozenset(re.findall(r'([a-z]+)="([^"]*)"', labels or ""))
            assert key not in found, line
            found[key] = float(value)
    assert all(kind == "gauge" for name, kind in types.items()
               if not name.endswith(("_total", "_seconds"))), types
    return found


def value(metrics, name, **labels):
    return metrics.get((name, frozenset(labels.items())), 0)


def grown(shop, pool, name, before, **labels):
    return value(watch(shop, pool), name, **labels) - value(before, name, **labels)


@pytest.mark.parametrize("pool, facts", FACTS.items())
def test_a_thousand_requests_are_counted_exactly(shop, milk, pool, facts):
    route, status = facts.read, facts.of_unknown
    shoppers = [shop.new_shopper() for _ in range(THREADS)]
    before = watch(shop, pool)
    assert value(before, "pool_processes") == 2

    def ask(shopper):
        path = route.format(user_id=shopper.user_id, product_id=milk["_id"], order_id=UNKNOWN_ORDER)
        for _ in range(ROUNDS):
            assert shopper.get(path).status == status

    threads = [threading.Thread(target=ask, args=(shopper,)) for shopper in shoppers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = watch(shop, pool)
    one = {"method": "GET", "route": route}

    def more(name, **labels):
        return value(after, name, **labels) - value(before, name, **labels)

    assert more(REQUESTS, **one, status=str(status)) == THREADS * ROUNDS
    assert more(f"{DURATIONS}_count", **one) == THREADS * ROUNDS
    assert more(f"{DURATIONS}_bucket", **one, le="+Inf") == THREADS * ROUNDS
    assert 0 < more(f"{DURATIONS}_sum", **one) < 1000
    assert sum(number - before.get(key, 0) for key, number in after.items()
               if key[0] == REQUESTS and ("route", route) in key[1]) == THREADS * ROUNDS


def test_the_buckets_of_a_histogram_grow(shop):
    for pool in POOLS:
        series = {}
        for (name, labels), number in watch(shop, pool).items():
            if name.endswith("_bucket"):
                labels = dict(labels)
                bound = float(labels.pop("le"))
                series.setdefault((name, *sorted(labels.items())), []).append((bound, number))
        assert series
        for buckets in series.values():
            assert [n for _, n in sorted(buckets)] == sorted(n for _, n in buckets)
            assert len(buckets) == 15


def test_requests_without_a_route_are_counted(shop):
    before = watch(shop, "user")
    assert shop.guest("user").post("/healthz").status == 405
    assert grown(shop, "user", REQUESTS, before, method="OTHER", route="-", status="405") >= 1


def test_orders_and_refusals_are_counted(spare, spare_scene, milk):
    shopper, before = spare_scene.shopper, watch(spare, "cart_order")
    order_id = ok(create(shopper))["order_id"]
    wait_for_delivery_record(shopper, order_id)
    ok(cancel(shopper, order_id))
    add(shopper, milk)
    assert create(shopper, expected_total=1).status == 409
    assert grown(spare, "cart_order", "orders_created_total", before) == 1
    assert grown(spare, "cart_order", "orders_cancelled_total", before) == 1
    assert grown(spare, "cart_order", "orders_refused_total", before, reason="total_changed") == 1
    assert grown(spare, "cart_order", "db_operation_duration_seconds_count", before,
                 operation="commit") >= 1
    wait_until(lambda: value(watch(spare, "cart_order"), "outbox_length") == 0, 20,
               "nothing is left to be done")
    assert value(watch(spare, "cart_order"), "outbox_age_seconds") == 0


def test_a_killed_worker_keeps_its_counters_but_not_its_thread_gauges(spare, spare_scene):
    shopper, before = spare_scene.shopper, watch(spare, "user")
    for _ in range(10):
        ok(shopper.get("/profile"))
    for pid in spare.all_workers("user"):
        kill(pid)
    spare.all_workers("user")

    def whole():
        now = watch(spare, "user")
        return (value(now, "pool_processes"), value(now, "pool_threads")) == (
            2, value(before, "pool_threads")) and now

    now = wait_until(whole, 20, "the pool has all its workers")
    # One worker answers this call; its predecessor may not be replaced yet.
    wait_until(lambda: value(watch(spare, "user"), "pool_threads_busy") == 1, 20, "one is busy")
    assert value(now, REQUESTS, method="GET", route="/profile", status="200") - value(
        before, REQUESTS, method="GET", route="/profile", status="200") == 10


def test_open_streams_are_counted(shop, shopper):
    def is_open(n):
        return wait_until(lambda: value(watch(shop, "streams"), "streams_open") == n, 20,
                          f"{n} streams are open")

    is_open(0)
    subscriber = Subscriber(shopper, InternalClient(shop).place(shopper.user_id))
    assert subscriber.status == 200
    is_open(1)
    subscriber.sock.shutdown(socket.SHUT_RDWR)
    is_open(0)


def test_connections_of_the_gateway_are_counted(shop):
    def agree():  # the values are read one after the other while the shop runs
        now = watch(shop, "gateway")
        states = sum(value(now, "nginx_connections", state=state)
                     for state in ("reading", "writing", "waiting"))
        return 1 <= states == value(now, "nginx_connections_active")

    wait_until(agree, 20, "the states add up to all connections")


@pytest.mark.parametrize("what", ["", *(f"/{what}" for what in WATCHED), "/mongod"])
def test_metrics_are_not_public(shop, what):
    for listener in ("gateway", *POOLS):
        assert shop.guest(listener).get(f"/metrics{what}").status == 404


def test_metrics_of_an_unknown_part_are_not_found(shop):
    for what in ("", "/mongod", "/user/", "/user/x"):
        assert shop.guest("internal").get(f"/metrics{what}").status == 404
