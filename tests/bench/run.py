#!/usr/bin/python3
"""`make bench`: the speed of the shop beside the maximum rates of nginx and the database.

Settings: BENCH_STREAMS (2000) that are open in the last part, BENCH_SECONDS a measure in each round (2.5), BENCH_ROUNDS (3), BENCH_WARMUP seconds before
each measure (0.5), BENCH_CONNECTIONS (32), BUILD (release). A goal that is not
reached does not change the exit code: it is 1 only if the run failed, and every unexpected answer is a failure.
"""

import json
import os
import signal
import subprocess
import sys
import time

from load import CONNECTIONS, SECONDS, TOOLS, WARMUP, check_tools, http_load
from plans import Plans
from shop import RUN_DIR, Shop
from streams import Streams, under_way
import table

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
STREAMS = int(os.environ.get("BENCH_STREAMS", "2000"))
IDLE_SECONDS = 3  # between the load and the measure of memory

# One round: each measure next to its reference.
MEASURES = (
    ("http", "product"), ("http", "static"), ("http", "list"),
    ("raw", "list"), ("raw", "product"),
    ("http", "login"), ("raw", "login"),
    ("http", "cart_read"), ("raw", "cart_read"),
    ("http", "cart_add"), ("raw", "cart_add"),
    ("http", "order"), ("raw", "order"),
    ("raw", "order_keyed"), ("raw", "order_checkout"), ("raw", "order_transaction"),
    ("raw", "order_bare"),
)

# Measured in turns without open streams and with many.
BESIDE_STREAMS = ("list", "product", "cart_read", "cart_add")


class Bench:
    """One run on one instance."""

    def __init__(self, shop):
        self.shop = shop
        self.plans = RUN_DIR / "plans"
        self.env = {**os.environ, "MONGODB_URI": shop.database_uri()}
        self.results = {"http": {}, "raw": {}}
        self.beside = {"no streams": {}, "streams": {}}
        self.failures = 0

    def raw(self, *words):
        return subprocess.run([TOOLS / "raw", *words], env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True, timeout=120, check=False)

    def raw_load(self, name):
        done = self.raw(name, SECONDS, WARMUP, str(CONNECTIONS))
        if not done.stdout:
            raise SystemExit(f"raw {name} ended with code {done.returncode}")
        return json.loads(done.stdout)

    def measure(self, kind, name):
        """Measures one operation, and stores the result."""
        self.results[kind].setdefault(name, []).append(self.measured(kind, name))

    def measured(self, kind, name):
        if kind == "http":
            result = http_load(name, self.plans, self.shop.port)
        else:
            result = self.raw_load(name)
        self.failures += result["errors"]
        print(f"  {kind} {name}: {result['rate']:,.0f}/s", file=sys.stderr)
        return result

    def rounds(self):
        """Every second round runs in reverse order, so that drift affects both of a pair alike."""
        for number in range(ROUNDS):
            print(f"round {number + 1} of {ROUNDS}", file=sys.stderr)
            for kind, name in MEASURES if number % 2 == 0 else reversed(MEASURES):
                self.measure(kind, name)

    def measure_beside_streams(self):
        """The same operations without open streams and with many, and nginx's memory with them.
        Every second round begins with them, so that drift affects both alike."""
        token, orders = under_way(self.shop.port, STREAMS)
        for number in range(ROUNDS):
            print(f"streams, round {number + 1} of {ROUNDS}", file=sys.stderr)
            if number % 2 == 0:
                self.record_beside_streams("no streams")
            with Streams(self.shop.port, token, orders):
                self.shop.wait_until_published()
                self.record_beside_streams("streams")
                memory = self.shop.memory()["nginx"]
            if number % 2:
                self.record_beside_streams("no streams")
        return memory

    def record_beside_streams(self, what):
        for name in BESIDE_STREAMS:
            self.beside[what].setdefault(name, []).append(self.measured("http", name))

    def run(self):
        """Runs all measures; returns the report."""
        if self.raw("setup").returncode != 0:
            raise SystemExit("the raw driver's database can't be made")
        plans = Plans(self.plans, self.shop.port, CONNECTIONS)
        plans.write(self.shop.serve_file(plans.catalogue))
        self.rounds()
        time.sleep(IDLE_SECONDS)
        memory = self.shop.memory()
        nginx = self.measure_beside_streams()
        self.raw("drop")
        return "\n".join((self.title(len(plans.catalogue)), "", *table.speed(**self.results), "",
                          *table.safeties(self.results["raw"]), "",
                          *table.memory(memory), "",
                          *table.streams(STREAMS, self.beside, nginx - memory["nginx"]), "",
                          f"unexpected answers: {self.failures}"))

    @staticmethod
    def title(size):
        return (f"{CONNECTIONS} connections, median of {ROUNDS} rounds of {SECONDS} s, "
                f"{os.cpu_count()} cores; the list and the static file have {size:,} bytes; "
                "add + order is two requests")


def main():
    for number in (signal.SIGINT, signal.SIGTERM):  # so that the system is ended
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    check_tools("load", "raw")
    with Shop() as shop:
        bench = Bench(shop)
        print(bench.run())
        shop.keep_folder = bench.failures > 0
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
