"""Simulated shoppers during changes of a cluster, and their failed calls.

A call is made once. Only an order is retried with its key, as the apps do, after a lost answer or a 503.
Each call has its own connection, except for every second shopper: it keeps one, and opens it again if the
server has closed it.
"""

import http.client
import json
import os
import random
import select
import threading
import time
from urllib.parse import urlsplit

TIMEOUT = 15
ORDER_TRIES = 4
PLENTY = 30  # minimum stock of a product, so that the orders of others do not exhaust it
PAUSE = 0.1  # between two calls of a shopper, so that all of them stay below the limit of an address
PASSWORD = "shopper-" + os.urandom(8).hex()
LOST = (OSError, http.client.HTTPException)


class Refused(Exception):
    """A failed call."""


class Caller:
    """Makes calls to one address."""

    def __init__(self, base, keep):
        self.host, self.keep = urlsplit(base).netloc, keep
        self.connection = None
        self.token = None

    def _connection(self):
        """The kept connection; a readable idle one was closed by the server."""
        sock = self.connection and self.connection.sock
        if not sock or select.select([sock], [], [], 0)[0]:
            if self.connection:
                self.connection.close()
            self.connection = http.client.HTTPConnection(self.host, timeout=TIMEOUT)
        return self.connection

    def call(self, method, path, request_id, body=None, key=None):
        """(status, object)"""
        headers = {"X-Request-ID": request_id}
        headers |= {} if self.keep else {"Connection": "close"}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= {"Content-Type": "application/json"} if body else {}
        headers |= {"Idempotency-Key": key} if key else {}
        connection = self._connection()
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            text = answer.read()
        except LOST:
            connection.close()
            self.connection = None
            raise
        return answer.status, json.loads(text)


class Shopper(threading.Thread):
    """Browses, fills a cart, orders and reads the orders, repeatedly until it is stopped."""

    def __init__(self, base, number):
        super().__init__(daemon=True)
        self.caller = Caller(base, keep=number % 2 == 1)
        self.email = f"load-{os.urandom(6).hex()}@example.com"
        self.stopped = threading.Event()
        self.calls = 0
        self.failures = []  # (monotonic time, what)
        self.slowest = 0.0
        self.retried = 0  # orders that took more than one try
        self.orders = set()
        self.user_id = None

    def register_and_log_in(self):
        """Registers and logs in, before the cluster is changed."""
        account = {"email": self.email, "password": PASSWORD}
        self.once("POST", "/register", {"name": "Load", "otp": "1234", **account})
        answer = self.once("POST", "/login", account)
        self.caller.token, self.user_id = answer["access_token"], answer["user_id"]
        return self

    def once(self, method, path, body=None, key=None):
        """One call, which must succeed."""
        began, request_id = time.monotonic(), "load-" + os.urandom(6).hex()
        name = f"{method} {path.split('?')[0]} ({request_id})"
        self.calls += 1
        try:
            status, answer = self.caller.call(method, path, request_id, body, key)
        except LOST as error:
            raise Refused(f"{name}: {type(error).__name__} {error}") from error
        finally:
            self.slowest = max(self.slowest, time.monotonic() - began)
        if status != 200:
            raise Refused(f"{name}: {status} {answer}")
        return answer

    def order(self):
        key = os.urandom(12).hex()
        for tries in range(1, ORDER_TRIES + 1):
            try:
                answer = self.once("POST", "/order/create", {"user_id": self.user_id}, key)
                self.retried += tries > 1
                return answer["order_id"]
            except Refused as refused:
                # A lost answer, or a 503.
                if tries == ORDER_TRIES or ": 4" in str(refused):
                    raise
                time.sleep(0.5 * tries)
        return None

    def steps(self):
        """One journey, a step at a time."""
        products = self.once("GET", "/products?limit=20")
        yield
        product = random.choice([one for one in products if one["available"] and one["stock"] >= PLENTY])["_id"]
        self.once("GET", f"/products/{product}")
        yield
        self.once("POST", "/cart/add", {"user_id": self.user_id, "product_id": product, "quantity": 1})
        yield
        self.once("GET", f"/cart/{self.user_id}")
        yield
        order = self.order()
        self.orders.add(order)
        yield
        self.once("GET", f"/order/{order}")
        yield
        self.once("GET", f"/orders/{self.user_id}?limit=5")

    def run(self):
        while not self.stopped.is_set():
            try:
                for _ in self.steps():
                    self.stopped.wait(PAUSE)
            except Refused as refused:
                self.failures.append((time.monotonic(), str(refused)))
                self.stopped.wait(PAUSE)

    def missing(self):
        """Acknowledged orders that cart & order or delivery does not have."""
        lost = []
        for order in sorted(self.orders):
            for path in (f"/order/{order}", f"/order/{order}/status"):
                try:
                    self.once("GET", path)
                except Refused as refused:
                    lost.append(f"{path}: {refused}")
                time.sleep(0.02)
        return lost


class Crowd:
    """`with Crowd(base, 6) as crowd: …` runs shoppers during the block; afterwards it has the counts."""

    def __init__(self, base, size):
        self.shoppers = [Shopper(base, number).register_and_log_in() for number in range(size)]

    def __enter__(self):
        for shopper in self.shoppers:
            shopper.start()
        return self

    def __exit__(self, *_):
        for shopper in self.shoppers:
            shopper.stopped.set()
        for shopper in self.shoppers:
            shopper.join(TIMEOUT * ORDER_TRIES)

    @property
    def failures(self):
        return sorted(failure for shopper in self.shoppers for failure in shopper.failures)

    def missing(self):
        return [lost for shopper in self.shoppers for lost in shopper.missing()]

    def summary(self):
        return (f"{sum(shopper.calls for shopper in self.shoppers)} calls, {len(self.failures)} failed; "
                f"{sum(len(shopper.orders) for shopper in self.shoppers)} orders, "
                f"{sum(shopper.retried for shopper in self.shoppers)} of them at a second try; "
                f"slowest {max(shopper.slowest for shopper in self.shoppers):.2f} s")
