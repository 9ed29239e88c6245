"""The simulated users of a chaos run: shoppers, couriers, and resolvers at the end."""

import random
import threading
import traceback

from caller import Caller
from customer import Customer, NoAnswer
from order_steps import expected_of, order, resolve_create
from steps import browse, fill

COURIER_PAUSE = 0.05
NEWEST = 60  # newest orders from which a courier chooses
ROUNDS = (2, 6)  # orders of one account
NEXT = {"PLACED": "PACKED", "PACKED": "OUT_FOR_DELIVERY", "OUT_FOR_DELIVERY": "DELIVERED"}


class SimulatedUser(threading.Thread):
    """A thread that repeats a piece of work until the end, and finishes the last one."""

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
            except NoAnswer:
                pass  # recorded as a violation; the next user continues
            except Exception:  # an unexpected answer is a violation, too
                self.history.fault("answer", f"{self.name} failed: "
                                          f"{traceback.format_exc(limit=-3)}")
                self.over.wait(1)
        for caller in self.callers:
            caller.close()


class Shopper(SimulatedUser):
    """Repeats whole journeys, each with a new account and a few orders."""

    accounts = 0

    def work(self):
        self.accounts += 1
        customer = Customer(self.history, self.rng, self.callers)
        customer.register_and_log_in(f"{self.name}-{self.accounts}@chaos.example", f"pw-{self.name}-secret")
        browse(customer)
        for _ in range(self.rng.randint(*ROUNDS)):
            if self.over.is_set():
                return
            fill(customer)
            order(customer)


class Courier(SimulatedUser):
    """Moves new orders step by step, while shoppers may cancel them."""

    def __init__(self, name, system, history, over):
        super().__init__(name, system, history, over)
        self.customer = Customer(history, self.rng, self.callers, *system.courier)
        self.known = {}  # the last known status of each order

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
            self.refresh_status(order_id)

    def refresh_status(self, order_id):
        """Reads the status again after a refused move."""
        answer = self.customer.read("status", f"/order/{order_id}/status")
        self.known[order_id] = answer.get("status", "PLACED")


class Resolver(SimulatedUser):
    """Repeats calls of unknown outcome when the system is healthy again."""

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
