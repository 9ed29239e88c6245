"""Those who go on while things die: shoppers with journey after journey, couriers, and the end."""

import random
import threading
import traceback

from caller import Caller
from customer import Customer, GaveUp
from order_steps import expected_of, order, resolve_create
from steps import browse, fill

COURIER_PAUSE = 0.05
NEWEST = 60  # orders that a courier chooses among
ROUNDS = (2, 6)  # orders of one account
NEXT = {"PLACED": "PACKED", "PACKED": "OUT_FOR_DELIVERY", "OUT_FOR_DELIVERY": "DELIVERED"}


class Person(threading.Thread):
    """Does something again and again until the end; what it does it finishes."""

    def __init__(self, name, system, history, over):
        super().__init__(name=name, daemon=True)
        self.history = history
        self.over = over
        self.rng = random.Random(f"{system.seed}/{name}")
        self.callers = [Caller(system.port), Caller(system.port)]

    def run(self):
        while not self.over.is_set():
            try:
                self.work()
            except GaveUp:
                pass  # noted; somebody else comes
            except Exception:  # whatever a strange answer leads to is a violation, too
                self.history.fault("answer", f"{self.name} can't go on: "
                                          f"{traceback.format_exc(limit=-3)}")
                self.over.wait(1)
        for caller in self.callers:
            caller.close()


class Shopper(Person):
    """Whole journeys: a new account each time, a few orders each."""

    accounts = 0

    def work(self):
        self.accounts += 1
        customer = Customer(self.history, self.rng, self.callers)
        customer.enrol(f"{self.name}-{self.accounts}@chaos.example", f"pw-{self.name}-secret")
        browse(customer)
        for _ in range(self.rng.randint(*ROUNDS)):
            if self.over.is_set():
                return
            fill(customer)
            order(customer)


class Courier(Person):
    """Moves orders on, step by step: new ones, which somebody may be cancelling."""

    def __init__(self, name, system, history, over):
        super().__init__(name, system, history, over)
        self.customer = Customer(history, self.rng, self.callers, *system.courier)
        self.known = {}  # the status of an order, as far as this courier knows

    def work(self):
        self.over.wait(self.rng.uniform(0, 2 * COURIER_PAUSE))
        newest = self.history.acknowledged[-NEWEST:]
        if not newest:
            return
        order_id = self.rng.choice(newest)
        word = NEXT.get(self.known.get(order_id, "PLACED"))
        if word is None:
            return
        call, _ = self.customer.call("move", "POST", f"/order/{order_id}/update-status",
                                     {"status": word}, order=order_id, word=word)
        if call.acknowledged:
            self.known[order_id] = word
        elif call.definite:
            self.look(order_id)

    def look(self, order_id):
        """Somebody else moved it, or it was cancelled."""
        said = self.customer.read("status", f"/order/{order_id}/status")
        self.known[order_id] = said.get("status", "PLACED")


class Resolver(Person):
    """Finds out, when all is well again, what became of calls that nobody answered."""

    def __init__(self, name, system, history, calls):
        super().__init__(name, system, history, threading.Event())
        self.left = calls

    def work(self):
        try:
            call = self.left.pop()
        except IndexError:
            self.over.set()
            return
        customer = Customer(self.history, self.rng, self.callers, call.user,
                            self.history.tokens[call.user])
        again = {"create": self.create, "cancel": self.cancel}
        again[call.kind](customer, call)

    @staticmethod
    def create(customer, call):
        resolve_create(customer, call.key, expected_of(call))

    @staticmethod
    def cancel(customer, call):
        customer.resolve("cancel", "POST", f"/order/{call.order}/cancel", order=call.order,
                        key=call.key)
