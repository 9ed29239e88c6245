"""`make trace` prints the trace of one order."""

import concurrent.futures
import io
import itertools
import json
import os
import re
import subprocess
import sys
import urllib.request

import pytest

from checks import ok
from instance import ROOT, wait_until
from journey import add, create, move, ordered, stopped_pool
from subscribers import path_of

sys.path.insert(0, str(ROOT / "run"))
import trace as trace_tool  # noqa: E402  (of run/, which comes first on the path)

TIMES = 25  # columns of a row before its tree: its start and its duration
ROW = re.compile(r"([│├└ ]*)(\w+(?: (?:gateway|internal|streams))?)  (.*)$")


def trace(shop, name):
    """The output of the program, or None if it found nothing."""
    done = subprocess.run(["/usr/bin/python3", ROOT / "run" / "trace.py", name],
                          env={**os.environ, "RUN_DIR": str(shop.run_dir)}, cwd="/",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode in (0, 1) and bool(done.stdout) == (not done.returncode), done
    return done.stdout


def rows_of(text):
    """[(depth, source, what)]"""
    rows = [ROW.match(line[TIMES:]).groups() for line in text.splitlines() if " s " in line[:TIMES]]
    return [(len(branch) // 2, source, what) for branch, source, what in rows]


def paths_of(text):
    """Each line with the sources of the lines above it."""
    path = []
    for depth, source, what in rows_of(text):
        path[depth:] = [source]
        yield tuple(path), what


def wait_for_trace(shop, name, *whats):
    """The trace, as soon as it has all of these: nginx writes its log with a delay."""
    found = []

    def complete():
        found[:] = [trace(shop, name)]
        return all(what in found[0] for what in whats)

    wait_until(complete, 15, f"the trace has {whats}, not just\n{found}")
    return found[0]


# Log lines of nginx for an order: several workers write them, each with its own delay.
HOPS = ("internal  POST /internal/stock/reserve", "internal  POST /internal/orders",
        "internal  POST /internal/streams", "streams  POST /internal/streams")


def make_order(shop, product):
    shopper = shop.new_shopper()
    return shopper, ordered(shopper, product)


def test_the_trace_of_an_order_covers_every_service_and_the_stream(shop, milk):
    shopper, order_id = make_order(shop, milk)
    request = urllib.request.Request(
        f"http://127.0.0.1:{shop.ports['gateway']}{path_of(order_id)}",
        headers={"Authorization": f"Bearer {shopper.token}"})
    with urllib.request.urlopen(request, timeout=10) as stream:
        assert stream.readline()
    text = wait_for_trace(shop, order_id, "nginx gateway  POST /order/create",
                          *(f"nginx {hop}" for hop in HOPS))
    ways = dict((what, path) for path, what in reversed(list(paths_of(text))))
    front = ("nginx gateway", "cart_order")
    assert ways[f"order.created order_id={order_id}"] == (*front, "cart_order")
    assert ways[f"delivery.created order_id={order_id}"] == (*front, "delivery")
    paths = {path for path, _ in paths_of(text)}
    assert (*front, "cart_order", "nginx internal", "product") in paths, text
    assert (*front, "cart_order", "nginx internal", "delivery") in paths, text
    assert (*front, "delivery", "delivery", "nginx internal", "nginx streams") in paths, text
    assert text.splitlines()[0].startswith("request ") and text.count("request ") == 1, text


def test_durations_are_within_those_of_their_callers(shop, milk):
    _, order_id = make_order(shop, milk)
    text = wait_for_trace(shop, order_id, "nginx gateway", "nginx internal  POST /internal/stock/reserve")
    took = {line.split("  ", 1)[-1].strip(): float(ms) for line in text.splitlines()
            for ms in re.findall(r" ([0-9.]+) ms ", line)}
    of = {what: ms for label, ms in took.items()
          for what in ("cart_order  POST /order/create", "product  POST /internal/stock/reserve")
          if what in label}
    assert len(of) == 2 and 0 < of["product  POST /internal/stock/reserve"] <= \
        of["cart_order  POST /order/create"], text


def test_request_id_trace_id_and_order_id_find_one_trace(shop, milk):
    _, order_id = make_order(shop, milk)
    text = wait_for_trace(shop, order_id, "delivery.created", "nginx gateway", "product",
                          *(f"nginx {hop}" for hop in HOPS[:2]))
    request_id, trace_id = re.match(r"request (\S+)  trace (\S+)  at", text).groups()
    assert rows_of(wait_for_trace(shop, request_id, "nginx gateway")) == rows_of(text)
    assert rows_of(trace(shop, trace_id)) == rows_of(text)


def test_later_calls_about_an_order_are_listed(shop, courier, milk):
    shopper, order_id = make_order(shop, milk)
    wait_until(lambda: move(courier, order_id, "PACKED").status == 200, 10, "it is packed")
    text = wait_for_trace(shop, order_id, "later calls about this order", "update-status → 200")
    request_id = re.search(r"update-status → 200  request (\S+)", text).group(1)
    later = wait_for_trace(shop, request_id, f"order_id={order_id} status=PACKED", "nginx gateway",
                           *(f"nginx {hop}" for hop in HOPS[2:]))
    assert ("nginx gateway", "delivery", "delivery", "delivery", "nginx internal",
            "nginx streams") in {path for path, _ in paths_of(later)}, later


def test_an_unknown_id_has_no_trace(shop):
    assert not trace(shop, os.urandom(12).hex())


def test_a_dispatch_after_an_outage_belongs_to_the_trace_of_the_order(spare_scene, spare, milk):
    del spare_scene
    shoppers = [spare.new_shopper() for _ in range(3)]
    with stopped_pool(spare, "delivery"):
        made = [ordered(shopper, milk) for shopper in shoppers]
    texts = [wait_for_trace(spare, order_id, "checkout.resumed step=outbox.dispatch", "delivery.created",
                            "nginx gateway") for order_id in made]
    front = ("nginx gateway", "cart_order")
    for order_id, text in zip(made, texts):
        ways = {what.split(" with_request_id")[0]: path for path, what in paths_of(text)}
        assert "POST /internal/orders → 50" in text, text
        assert ways["checkout.resumed step=outbox.dispatch"][:3] == (*front, "cart_order"), text
        assert ways[f"delivery.created order_id={order_id}"] == (*front, "delivery"), text
        assert text.count("request ") == 1, text
    # The call itself is in the trace of the first order; those of the others name it.
    assert any("delivery  POST /internal/orders → 200" in text for text in texts), texts
    for text in texts:
        if "delivery  POST /internal/orders → 200" not in text:
            other = re.search(r"with_request_id=(\S+)", text).group(1)
            assert "delivery  POST /internal/orders → 200" in trace(spare, other)


def test_concurrent_orders_each_have_a_trace_into_delivery(shop, milk):
    shoppers = [shop.new_shopper() for _ in range(8)]
    for shopper in shoppers:
        ok(add(shopper, milk))
    with concurrent.futures.ThreadPoolExecutor(len(shoppers)) as threads:
        made = [ok(answer)["order_id"] for answer in threads.map(create, shoppers)]
    for order_id in made:
        wait_for_trace(shop, order_id, f"delivery.created order_id={order_id}", "nginx gateway")


# ---- lines made by hand ----

SPANS = itertools.count(1)


def stamp(ms):
    return f"2026-03-01T09:30:{ms // 1000:02}.{ms % 1000:03}Z"


def nginx(ms, listener, span, request_id="r-1", trace_id="t" * 32, took=0.01, uri="/x"):
    return json.dumps({"time": stamp(ms), "listener": listener, "request_id": request_id,
                       "trace_id": trace_id, "span_id": span, "method": "GET", "uri": uri,
                       "status": 200, "request_time": took})


def service(ms, name, span, parent="", request_id="r-1", trace_id="t" * 32, **more):
    return json.dumps({"time": stamp(ms), "level": "info", "service": name,
                       "request_id": request_id, "trace_id": trace_id, "span_id": span,
                       "parent_id": parent, **more})


def served(ms, name, span, parent, took=5, **more):
    return service(ms, name, span, parent, method="GET", route="/x", status=200, duration_ms=took,
                   **more)


def printed(lines, wanted="r-1"):
    out = io.StringIO()
    trace_tool.print_traces(lambda: lines, wanted, out)
    return [(depth, f"{source}  {what}") for depth, source, what in rows_of(out.getvalue())]


def test_calls_under_one_span_of_the_client_are_distinguished():
    lines = [nginx(100, "gateway", "aa", took=0.02), served(99, "user", "b1", "aa"),
             nginx(300, "gateway", "aa", took=0.02), served(299, "product", "b2", "aa")]
    depths, whats = zip(*printed(lines))
    assert [what.split()[0] for what in whats] == ["nginx", "user", "nginx", "product"]
    assert depths[0] < depths[1] > depths[2] < depths[3]


def test_background_calls_are_below_the_first_message_of_their_work():
    lines = [nginx(50, "gateway", "aa"), served(50, "cart_order", "b1", "aa"),
             service(900, "delivery", "c1", "b1", msg="told"),
             service(905, "delivery", "d1", "c1", calls="POST /s", status=0, duration_ms=4),
             service(910, "delivery", "c1", "b1", msg="again")]
    whats = [what for _, what in printed(lines)]
    assert whats == ["nginx gateway  GET /x → 200", "cart_order  GET /x → 200", "delivery  told",
                     "delivery  calls POST /s → no answer", "delivery  again"]
    depths = [depth for depth, _ in printed(lines)]
    assert depths[3] > depths[2] < depths[4]


@pytest.mark.parametrize("prefix", ["", "cart-order-1  | ", "2026-03-01T09:30:00Z stderr F "])
def test_lines_of_containers_are_read_and_others_ignored(prefix):
    lines = [prefix + served(50, "cart_order", "b1", ""), prefix + '{"service":"user","request_id":"r-1"',
             prefix + "r-1 in words", prefix + '["r-1"]', prefix + '{"x":"r-1"}']
    assert [what for _, what in printed(lines)] == ["cart_order  GET /x → 200"]


def test_a_slow_operation_of_the_database_is_shown_by_its_comment():
    slow = json.dumps({"t": {"$date": "2026-03-01T09:30:00.060+00:00"}, "msg": "Slow query",
                       "attr": {"ns": "cart_db.orders", "command": {"comment": "r-1"},
                                "planSummary": "COLLSCAN", "durationMillis": 40}},
                      separators=(",", ":"))
    lines = [served(70, "cart_order", "b1", "", took=60), slow]
    assert [what for _, what in printed(lines)] == ["cart_order  GET /x → 200",
                                                    "mongod  slow cart_db.orders: COLLSCAN"]


def test_a_client_request_id_finds_its_requests_unless_another_request_has_it():
    given = json.loads(nginx(50, "gateway", "aa")) | {"client_request_id": "mine"}
    lines = [json.dumps(given), served(50, "user", "b1", "aa")]
    assert len(printed(lines, "mine")) == 2
    taken = [*lines, served(70, "user", "b2", "", request_id="mine", trace_id="u" * 32)]
    assert len(printed(taken, "mine")) == 1


def test_one_request_id_of_two_traces_is_printed_twice():
    lines = [served(50, "user", "b1", ""), served(70, "user", "b2", "", trace_id="u" * 32)]
    assert len(printed(lines)) == 2 and len(printed(lines, "t" * 32)) == 1
