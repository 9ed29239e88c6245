"""Spans are sent to an OpenTelemetry collector, which never delays a call."""

import os
import signal
import time

import pytest

from checks import OUTAGE_BOUND, ok
from collector import Collector
from instance import POOLS, Shop, check_logs, comm, kill, wait_until
from journey import add, create, set_stock, stopped_pool

SERVER, CLIENT = 2, 3
ON_AN_ORDERS_WAY = ["cart_order", "product", "delivery"]  # not all services


@pytest.fixture(scope="module")
def collector():
    made = Collector()
    yield made
    made.close()


@pytest.fixture(scope="module")
def traced(collector):
    shop = Shop("traced", OTEL_EXPORTER_OTLP_ENDPOINT=collector.address + "/", PROCESSES="1")
    shop.up()
    yield shop
    shop.down()
    check_logs(shop)


@pytest.fixture
def shopper(traced, collector):
    collector.status = 200
    return traced.new_shopper().behind_proxy()


@pytest.fixture(scope="module")
def bread(traced):
    found = ok(traced.guest().get("/products?q=bread"))
    product = next(p for p in found if p["name"] == "Bread")
    set_stock(traced, product, 100_000)
    return product


def new_trace(flags="01", span=None):
    trace_id = os.urandom(16).hex()
    return trace_id, {"traceparent": f"00-{trace_id}-{span or '1' * 16}-{flags}"}


def order(shopper, product, headers):
    ok(add(shopper, product))
    return ok(shopper.post("/order/create", {"user_id": shopper.user_id}, headers=headers))


def complete(collector, trace_id, services):
    """The spans of a trace, as soon as each of these services has sent one."""
    def all_there():
        spans = collector.of_trace(trace_id)
        return spans if {s.service for s in spans if s.kind == SERVER} >= set(services) else None
    return wait_until(all_there, 15, f"spans of {services} in {collector.of_trace(trace_id)}")


def one(spans, service, name):
    found = [s for s in spans if (s.service, s.name) == (service, name)]
    assert len(found) == 1, (service, name, spans)
    return found[0]


def test_an_order_is_one_tree_of_spans(traced, collector, shopper, bread):
    trace_id, headers = new_trace()
    order(shopper, bread, headers)
    spans = complete(collector, trace_id, ON_AN_ORDERS_WAY)
    by_id = {span.id: span for span in spans}
    assert len(by_id) == len(spans)
    root = one(spans, "cart_order", "POST /order/create")
    assert root.parent_id == "1" * 16 and root.kind == SERVER
    assert [s for s in spans if s.parent_id not in by_id] == [root]
    for service, path in (("product", "/internal/stock/reserve"), ("delivery", "/internal/orders")):
        served, called = one(spans, service, f"POST {path}"), one(spans, "cart_order", f"POST {path}")
        assert by_id[served.parent_id] is called and called.kind == CLIENT
        assert by_id[called.parent_id] is root
        assert called.attributes["url.path"] == path
        assert called.attributes["http.response.status_code"] == "200"
        assert any(s.attributes.get("db.system.name") == "mongodb" and by_id[s.parent_id] is served
                   for s in spans if s.service == service), spans
    commit = one(spans, "cart_order", "commit")
    assert by_id[commit.parent_id] is root and commit.kind == CLIENT
    for span in spans:
        assert span.start <= span.end
        if span is not root and by_id[span.parent_id].kind == SERVER:
            # A tolerance of a millisecond: two processes read the clock.
            assert by_id[span.parent_id].start - 1_000_000 <= span.start, span


def test_the_resource_names_service_version_and_process(traced, collector, shopper):
    trace_id, headers = new_trace()
    ok(shopper.get("/profile", headers=headers))
    complete(collector, trace_id, ["user"])
    mine = [r for r in collector.resources if r["service.name"] == "user"]
    assert mine and all(r["service.version"] and
                        int(r["process.pid"]) in traced.workers("user") for r in mine)


def test_an_untrusted_trace_is_linked_and_not_the_parent(traced, collector, shopper):
    trace_id, headers = new_trace()
    stranger = shopper.with_token(shopper.token)
    answer = stranger.get("/profile", headers={**headers, "X-Request-ID": "stranger-1"})
    (span,) = wait_until(lambda: [s for s in collector.spans if s.kind == SERVER and
                                  s.attributes["request.id"] == answer.header("X-Request-ID")], 10)
    assert not span.parent_id and span.attributes["client.request.id"] == "stranger-1"
    assert span.links == [{"traceId": trace_id, "spanId": "1" * 16}]
    assert not collector.of_trace(trace_id)


def test_a_trace_begun_by_the_gateway_has_a_root_span(traced, collector, shopper):
    answer = shopper.get("/profile")
    request_id = answer.header("X-Request-ID")
    (span,) = wait_until(lambda: [s for s in collector.spans if s.kind == SERVER and
                                  s.attributes["request.id"] == request_id], 10, "the span")
    assert not span.parent_id and span.attributes["http.route"] == "/profile"


def test_an_unsampled_trace_is_not_recorded(traced, collector, shopper, bread):
    quiet, headers = new_trace("00")
    order(shopper, bread, headers)
    loud, headers = new_trace()
    order(shopper, bread, headers)
    complete(collector, loud, ON_AN_ORDERS_WAY)
    assert not collector.of_trace(quiet)


def test_health_calls_are_not_recorded(traced, collector, shopper):
    for path in ("/healthz", "/readyz", "/health"):
        for listener in ("gateway", *POOLS):
            traced.guest(listener).get(path)
    loud, headers = new_trace()
    ok(shopper.get("/profile", headers=headers))
    complete(collector, loud, ["user"])
    routes = {s.attributes.get("http.route") for s in collector.spans}
    assert not routes & {"/healthz", "/readyz", "/health", "/internal/pools"}, routes


def test_a_later_dispatch_belongs_to_the_trace_of_the_order(traced, collector, shopper, bread):
    trace_id, headers = new_trace()
    with stopped_pool(traced, "delivery"):
        order(shopper, bread, headers)
    spans = complete(collector, trace_id, ON_AN_ORDERS_WAY)
    wait_until(lambda: any(s.name == "outbox.dispatch" for s in collector.of_trace(trace_id)), 10)
    spans = collector.of_trace(trace_id)
    by_id = {span.id: span for span in spans}
    later = one(spans, "cart_order", "outbox.dispatch")
    assert by_id[later.parent_id].name == "POST /order/create"
    served = one(spans, "delivery", "POST /internal/orders")
    assert by_id[by_id[served.parent_id].parent_id] is later
    wait_for_delivery_record = one(spans, "delivery", "delivery.created")
    assert by_id[wait_for_delivery_record.parent_id].name == "POST /order/create"
    assert wait_for_delivery_record.links[0]["spanId"] == served.id


def test_calls_do_not_wait_for_a_stopped_collector(traced, collector, shopper, bread):
    collector.status = 503
    trace_id, headers = new_trace()
    seconds = []
    for _ in range(5):
        ok(add(shopper, bread))
        answer = shopper.post("/order/create", {"user_id": shopper.user_id}, headers=headers)
        ok(answer)
        seconds.append(answer.seconds)
    requests = collector.requests
    wait_until(lambda: collector.requests > requests + 3, 15, "it gets more requests")
    assert not collector.of_trace(trace_id) and max(seconds) < OUTAGE_BOUND
    collector.status = 200
    spans = complete(collector, trace_id, ON_AN_ORDERS_WAY)
    assert len([s for s in spans if s.name == "POST /order/create"]) == 5


def test_spans_refused_by_the_collector_are_dropped(traced, collector, shopper):
    collector.status = 400
    refused, headers = new_trace()
    ok(shopper.get("/profile", headers=headers))
    wait_until(lambda: any(s.trace_id == refused for s in collector.refused), 10, "it was refused")
    collector.status = 200
    taken, headers = new_trace()
    ok(shopper.get("/profile", headers=headers))
    complete(collector, taken, ["user"])
    assert not collector.of_trace(refused)
    assert any("spans.not_sent" in line for line in traced.log_lines("user"))


def test_a_silent_collector_does_not_delay_the_shutdown(traced, collector, shopper):
    collector.silent.set()
    try:
        _, headers = new_trace()
        ok(shopper.get("/profile", headers=headers))
        wait_until(lambda: collector.waiting, 10, "spans are being sent")
        (worker,) = traced.all_workers("user")
        began = time.monotonic()
        kill(worker, signal.SIGTERM)
        wait_until(lambda: comm(worker) is None, 10, "it has ended")
        # Sending may take 5 s; a stop has 10 s in total, 5 of which are for calls in progress.
        assert time.monotonic() - began < 4
    finally:
        collector.silent.clear()


def test_a_process_sends_its_spans_before_it_ends(traced, collector, shopper):
    trace_id, headers = new_trace()
    ok(shopper.get("/profile", headers=headers))
    with stopped_pool(traced, "user"):
        assert collector.of_trace(trace_id)
    assert create(shopper).status == 400  # the shop still answers
