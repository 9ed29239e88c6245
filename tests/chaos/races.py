#!/usr/bin/python3
"""`make races`: many clients order one cart concurrently, and many buyers order the last units.

Settings: ROUNDS (1000), CLIENTS (64), BUYERS (1000), UNITS (100), AT_ONCE (64) buyers, BUILD
(release). Buyers beyond those that are answered within the gateway's timeout get 504 and repeat.
"""

import collections
import concurrent.futures
import random
import sys
import threading
import time

from run import catch_signals, setting  # first: it makes tests/api importable

from caller import Caller
from customer import Customer
from instance import BUILD
from journey import set_stock, stock_of
from order_steps import create, resolve_create
from system import running
from history import History

REGISTERING = 8  # at a time: hashing a password takes a core
PAGE = 100  # orders
SPARE = 100  # units beyond those that are ordered


def word_of(call):
    """A short form of an answer, for counting."""
    return call.code or str(call.status)


class Race:
    """The accounts of a race on one system."""

    def __init__(self, shop, name):
        self.port = shop.ports["gateway"]
        self.shop = shop
        self.history = History()
        self.name = f"{name}-{time.time_ns()}"

    def customer(self, number):
        """A new account with its own connection."""
        made = Customer(self.history, random.Random(number), [Caller(self.port)])
        made.register_and_log_in(f"{self.name}-{number}@chaos.example", f"pw-{self.name}")
        return made

    def customers(self, n):
        with concurrent.futures.ThreadPoolExecutor(REGISTERING) as threads:
            return list(threads.map(self.customer, range(n)))

    def faults(self):
        return [text for _, text in self.history.faults]


def add_one(customer, product):
    call = customer.change("add", "POST", "/cart/add",
                           {"user_id": customer.user_id, "product_id": product, "quantity": 1},
                           product, 1)
    assert call.acknowledged, f"nothing added: {call}"


def orders_of(customer):
    """The number of orders of an account, counted page by page."""
    n, after = 0, ""
    while True:
        page = customer.read("orders", f"/orders/{customer.user_id}?limit={PAGE}{after}")
        n += len(page)
        if len(page) < PAGE:
            return n
        after = f"&after={page[-1]['_id']}"


def same_account(customer):
    """Another client of the same account."""
    return Customer(customer.history, customer.rng, [Caller(customer.callers[0].port)],
                    customer.user_id, customer.token)


def one_cart(shop, product, clients, rounds):
    """In each round a line is added, and all clients order it concurrently.

    Returns (number of orders, counted answers, errors).
    """
    race = Race(shop, "one-cart")
    set_stock(shop, {"_id": product}, rounds + SPARE)
    owner = race.customer(0)
    others = [same_account(owner) for _ in range(clients)]
    gate = threading.Barrier(clients + 1)
    answers = [[] for _ in range(rounds)]

    def run(client):
        for answered in answers:
            gate.wait(60)
            answered.append(create(client)[0])
            gate.wait(60)

    with concurrent.futures.ThreadPoolExecutor(clients) as threads:
        working = [threads.submit(run, client) for client in others]
        try:
            for _ in range(rounds):
                add_one(owner, product)
                gate.wait(60)  # the clients start
                gate.wait(60)  # all clients are done
        except BaseException:
            gate.abort()  # or the clients would wait for ever
            raise
        for one in working:
            one.result()
    counted = collections.Counter(word_of(call) for calls in answers for call in calls)
    wrong = [f"round {number} made {made} orders" for number, calls in enumerate(answers, 1)
             if (made := sum(call.acknowledged for call in calls)) != 1]
    return orders_of(owner), counted, wrong + race.faults()


def last_units(shop, product, buyers, units, at_once):
    """Buyers with one unit each in the cart order, `at_once` of them at a time.

    Returns (number of orders, stock left, counted answers, errors).
    """
    race = Race(shop, "last-units")
    set_stock(shop, {"_id": product}, units)
    people = race.customers(buyers)
    for person in people:
        add_one(person, product)
    gate = threading.Barrier(at_once)
    with concurrent.futures.ThreadPoolExecutor(at_once, initializer=gate.wait) as threads:
        results = list(threads.map(lambda one: resolve_create(one, f"the-{one.user_id}"), people))
    wrong = []
    for person, (call, answer, _) in zip(people, results):
        left = [] if call.acknowledged else [product]
        if call.code == "out_of_stock" and answer["product_ids"] != [product]:
            wrong.append(f"{call.name} was refused for {answer['product_ids']}")
        if [line["product_id"] for line in person.cart()] != left:
            wrong.append(f"the cart of user {person.user_id} isn't as {word_of(call)} leaves it")
    counted = collections.Counter(word_of(call) for call in race.history.of_kind("create"))
    orders = sum(orders_of(person) for person in people)
    time.sleep(2)  # the catalogue may be two seconds old
    return orders, stock_of(shop, {"_id": product}), counted, wrong + race.faults()


def print_result(title, good, counted, seconds, wrong):
    print(f"{'ok' if good else 'FAILED':6}  {title} in {seconds:.0f} s; answers: "
          + ", ".join(f"{word} {n}" for word, n in counted.most_common()))
    for text in wrong[:20]:
        print(f"        {text}")
    sys.stdout.flush()
    return good


def main():
    catch_signals()
    rounds, clients, buyers, units, at_once = (int(setting(name, default)) for name, default in (
        ("ROUNDS", 1000), ("CLIENTS", 64), ("BUYERS", 1000), ("UNITS", 100), ("AT_ONCE", 64)))
    with running("races", BUILD) as shop:
        available = [one["_id"] for one in shop.guest().get("/products").json() if one["available"]]
        began = time.monotonic()
        orders, counted, wrong = one_cart(shop, available[0], clients, rounds)
        first = print_result(f"{clients} clients on one cart, {rounds} rounds: {orders} orders",
                             orders == rounds and not wrong, counted, time.monotonic() - began, wrong)
        began = time.monotonic()
        orders, left, counted, wrong = last_units(shop, available[1], buyers, units,
                                                  min(at_once, buyers))
        good = (orders, left, counted["out_of_stock"]) == (units, 0, buyers - units) and not wrong
        second = print_result(f"{buyers} buyers for {units} units: {orders} orders, {left} left",
                              good, counted, time.monotonic() - began, wrong)
    print(f"{first + second} passed, {2 - first - second} failed")
    return 0 if first and second else 1


if __name__ == "__main__":
    sys.exit(main())
