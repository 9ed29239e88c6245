#!/usr/bin/python3
"""The effect of eight attacking accounts on shared documents and on another shopper's orders.

It runs a separate instance without rate limits. It measures the time of another shopper's one-line orders
and the size of the product's document: first; after ROUNDS (5000) orders that are refused for their total;
after as many cancelled orders; and during these. Orders of a product that is not attacked are measured in
turns with them, because the speed of the machine may change. Not part
of `make test`: `python3 tests/attack/documents.py`, a few minutes.
"""

import json
import os
import statistics
import sys
import threading
import time
from pathlib import Path

import bson
import pymongo
from bson import ObjectId

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))
from plans import ADMIN, STOCK, Api, User, headers
from shop import Shop

ROUNDS = int(os.environ.get("ROUNDS", "5000"))
ACCOUNTS = 8
ORDERS = 150  # of the other shopper, for each measure
IDLE_SECONDS = 30  # at most, until no checkout is left


class Caller(Api):
    """A user with its own connection; methods return how a call ended."""

    def __init__(self, port, number):
        super().__init__(port)
        self.user = User(self, number)

    def send(self, method, path, body=None):
        """(status, answer)"""
        data = None if body is None else json.dumps(body)
        self.connection.request(method, path, data, headers(self.user.token, body is not None))
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def add(self, product):
        return self.send("POST", "/cart/add", {"user_id": self.user.id, "product_id": product,
                                               "quantity": 1})[0]

    def create(self, **more):
        return self.send("POST", "/order/create", {"user_id": self.user.id, **more})

    def cancel(self, order):
        return self.send("POST", f"/order/{order}/cancel")[0]


def refuse(caller, product, outcomes):
    status, answer = caller.create(expected_total=1)
    outcomes.append(answer.get("code", status))


def cancel(caller, product, outcomes):
    caller.add(product)
    status, answer = caller.create()
    outcomes.append(caller.cancel(answer["order_id"]) if status == 200 else status)


class Attack:
    """One product, eight accounts and another shopper."""

    def __init__(self, shop):
        self.port = shop.port
        self.database = pymongo.MongoClient(shop.database_uri())
        self.product, self.control = self.set_stocks()
        self.callers = [Caller(shop.port, f"attack-{n}") for n in range(ACCOUNTS)]
        self.other = Caller(shop.port, "other")

    def set_stocks(self):
        api = Api(self.port)
        token = json.loads(api.call("POST", "/login", ADMIN))["access_token"]
        chosen = [product["_id"] for product in json.loads(api.call("GET", "/products"))[:2]]
        for product in chosen:
            api.call("PUT", f"/products/{product}/stock", {"stock": STOCK}, token)
        return chosen

    def document_bytes(self):
        """The size of the product's document in bytes."""
        return len(bson.encode(self.database["product_db"]["products"].find_one(
            {"_id": ObjectId(self.product)})))

    def time_order(self, product):
        """Milliseconds of an order, and whether it failed."""
        self.other.add(product)
        began = time.monotonic()
        failed = self.other.create()[0] != 200
        return 1000 * (time.monotonic() - began), failed

    def time_orders(self, n, product):
        times, failed = zip(*(self.time_order(product) for _ in range(n)))
        return list(times), sum(failed)

    def time_in_turns(self, n):
        """The times of orders of the product and of the control, and the number of failed ones."""
        times = {self.product: [], self.control: []}
        failed = 0
        for _ in range(n):
            for product, found in times.items():
                took, lost = self.time_order(product)
                found.append(took)
                failed += lost
        return times[self.product], times[self.control], failed

    def checkouts_left(self):
        return self.database["cart_db"]["checkouts"].count_documents({})

    def wait_until_idle(self):
        deadline = time.monotonic() + IDLE_SECONDS
        while self.checkouts_left() and time.monotonic() < deadline:
            time.sleep(0.2)

    def run(self, what):
        """Runs all accounts; measures the other shopper's orders and the largest document meanwhile."""
        outcomes, times, heaviest, failed = [], [], self.document_bytes(), 0

        def loop(caller):
            for _ in range(ROUNDS // ACCOUNTS):
                what(caller, self.product, outcomes)

        for caller in self.callers:
            caller.add(self.product)
        threads = [threading.Thread(target=loop, args=[caller]) for caller in self.callers]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            found, lost = self.time_orders(5, self.product)
            times, failed = times + found, failed + lost
            heaviest = max(heaviest, self.document_bytes())
        seconds = time.monotonic() - began
        counted = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes), key=str)}
        print(f"{what.__name__}: {len(outcomes)} rounds in {seconds:.0f} s: {counted}; the other "
              f"shopper: median {statistics.median(times):.0f} ms, {failed} of "
              f"{len(times)} failed; document up to {heaviest} bytes; {self.checkouts_left()} "
              "checkouts left", flush=True)

    def measure(self, name, first=None):
        self.wait_until_idle()
        times, control, failed = self.time_in_turns(ORDERS)
        self.wait_until_idle()
        beside = statistics.median(times) / statistics.median(control)
        bytes_ = self.document_bytes()
        ratios = "" if not first else (f"; against the first: time beside the control "
                                       f"{beside / first[0]:.2f}, bytes {bytes_ / first[1]:.2f}")
        print(f"{name}: orders median {statistics.median(times):.1f} ms, of the control "
              f"{statistics.median(control):.1f} ms, {failed} failed; document {bytes_} bytes; "
              f"{self.checkouts_left()} checkouts left{ratios}", flush=True)
        return beside, bytes_


def main():
    with Shop() as shop:
        attack = Attack(shop)
        attack.time_in_turns(ORDERS)  # warms up
        first = attack.measure("at first")
        for what in (refuse, cancel):
            attack.run(what)
            attack.measure(f"after {what.__name__}", first)
        shop.keep_folder = False


if __name__ == "__main__":
    main()
