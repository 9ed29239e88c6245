"""One account and its calls: sends them, judges the answers, notes what counts."""

import collections
import threading
import time

from history import AWAY, Call, Change

PATIENCE = 90  # seconds in which a repeated call must get an answer that tells
PAUSE = (0.05, 0.4)  # between two repetitions
CLEAN_AFTER = 20  # seconds: nothing that got no answer is still under way then

# The answers that each call may get, beside those of AWAY: 200, or an error's code.
ALLOWED = {
    "register": {200, "email_already_exists"},
    "login": {200},
    "browse": {200},
    "add": {200, "product_not_available", "quantity_limit_reached", "cart_is_full"},
    "increase": {200, "item_not_found", "quantity_limit_reached"},
    "decrease": {200, "item_not_found"},
    "remove": {200, "item_not_found"},
    "cart": {200},
    "orders": {200},
    "create": {200, "cart_is_empty", "out_of_stock", "total_changed", "request_in_progress"},
    "other body": {422, "request_in_progress"},
    "cancel": {200, "order_can_no_longer_be_cancelled", "request_in_progress"},
    "order": {200},
    "status": {200, "order_not_found"},
    "move": {200, "invalid_transition", "order_must_start_with_placed", "order_not_found"},
}
# What a success must tell, where somebody goes on with it.
TOLD = {"login": {"user_id", "access_token"}, "create": {"order_id", "total"}}
RECORDED = ("create", "cancel", "move")


class GaveUp(Exception):
    """A call was repeated for PATIENCE seconds without a definite answer."""


class Customer:
    """An account that is logged in, or is about to be. For one thread, but `call`."""

    def __init__(self, history, rng, callers, user_id=None, token=None):
        self.history = history
        self.rng = rng
        self.callers = callers  # the second is for what is sent at the same instant
        self.user_id = user_id
        self.token = token
        self.doubt = collections.Counter()  # of each product: quantities of unknown outcome
        self.cancelled = set()  # orders whose cancelling was acknowledged
        self.last_unknown = -CLEAN_AFTER

    # ---- any call ----

    def call(self, kind, method, path, body=None, *, caller=0, **about):
        """Sends one call once; `about` are fields of Call. The Call has what it answered."""
        call = Call(kind, self.user_id, clean=self.is_clean(), **about)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if call.key:
            headers["Idempotency-Key"] = call.key
        call.started = time.monotonic()
        answer = self.callers[caller].call(method, path, body, headers)
        call.ended = time.monotonic()
        call.status, call.body = answer.status, answer.body
        self._judge(call, answer, f"{method} {path}")
        if kind in RECORDED:
            self.history.calls.append(call)
        if call.unknown:
            self.last_unknown = call.ended
            self.history.count("calls without a telling answer")
        elif call.code:
            self.history.count(f"refused: {kind}: {call.code}")
        return call, answer.json()

    def _judge(self, call, answer, sent):
        """Notes an answer that no call of this kind may get."""
        if answer.status is None:
            return
        said = answer.json()
        if said is None:
            call.code = "not JSON"
            self.history.fault("answer", f"{sent} answered what isn't JSON: {answer}")
            return
        fields = set(said) if isinstance(said, dict) else set()
        if answer.status != 200:
            call.code = said["code"] if "code" in fields else None
        elif not fields >= TOLD.get(call.kind, set()):
            call.code = "malformed"
        word = call.code or answer.status
        if answer.status not in AWAY and word not in ALLOWED[call.kind]:
            self.history.fault("answer", f"{sent} of user {self.user_id} answered {answer}")

    def is_clean(self):
        """Whether nothing that got no answer can still be under way."""
        return time.monotonic() - self.last_unknown > CLEAN_AFTER

    def resolve(self, kind, method, path, body=None, **about):
        """Repeats a harmless call until the answer tells. The last Call, what it said, and
        whether one before it may have been done."""
        deadline = time.monotonic() + PATIENCE
        doubtful = False
        while True:
            call, said = self.call(kind, method, path, body, **about)
            if call.definite:
                return call, said, doubtful
            doubtful = doubtful or call.unknown
            if time.monotonic() > deadline:
                text = (f"{method} {path} of user {self.user_id}: none that tells for {PATIENCE} s, "
                        f"the last {call.status} {call.code}")
                self.history.fault("no answer", text)
                raise GaveUp(text)
            self.history.count("retries")
            time.sleep(self.rng.uniform(*PAUSE))

    def read(self, kind, path):
        """A GET, until it is answered."""
        return self.resolve(kind, "GET", path)[1]

    def at_once(self, *works):
        """Does several things at the same instant, each with a caller's number; their results."""
        results = [None] * len(works)
        barrier = threading.Barrier(len(works))

        def run(number):
            barrier.wait()
            results[number] = works[number](number)

        threads = [threading.Thread(target=run, args=(n,)) for n in range(1, len(works))]
        for thread in threads:
            thread.start()
        run(0)
        for thread in threads:
            thread.join()
        return results

    # ---- the account ----

    def enrol(self, email, password):
        """Registers and logs in. An address may be taken by a call that got no answer."""
        self.history.emails.add(email)
        account = {"email": email, "password": password}
        call, _, doubtful = self.resolve("register", "POST", "/register",
                                        {**account, "name": "Chaos Shopper", "otp": "1234"})
        if call.status != 200 and not doubtful:
            self.history.fault("answer", f"nobody registered {email} before, and it is taken")
        _, said, _ = self.resolve("login", "POST", "/login", account)
        self.user_id, self.token = said["user_id"], said["access_token"]
        self.history.users[self.user_id] = email
        self.history.tokens[self.user_id] = self.token

    # ---- the cart ----

    def cart(self):
        return self.read("cart", f"/cart/{self.user_id}")

    def changed(self, product, low, high):
        self.history.changes.append(Change(self.user_id, product, low, high))

    def change(self, kind, method, path, body, product, quantity):
        """A call that puts a quantity in the cart, or takes it out; sent once."""
        call, _ = self.call(kind, method, path, body)
        if call.unknown:
            self.doubt[product] += abs(quantity)
            self.changed(product, min(quantity, 0), max(quantity, 0))
        elif call.acknowledged:
            self.changed(product, quantity, quantity)
        return call

    def remove(self, line):
        """Takes a line out that was seen in the cart. Its quantity may be another by now."""
        product, quantity, doubt = line["product_id"], line["quantity"], self.doubt
        call, _, doubtful = self.resolve("remove", "DELETE", f"/cart/remove/{line['_id']}")
        if not call.acknowledged and not doubtful:
            return  # gone with an order whose answer was lost
        least = max(1, quantity - doubt[product]) if call.acknowledged else 0
        self.changed(product, -(quantity + doubt[product]), -least)
