"""One account and its calls: sends them, checks the answers, and records their effects."""

import collections
import threading
import time

from history import UNKNOWN_OUTCOME, Call, Change

ANSWER_SECONDS = 90  # seconds in which a repeated call must get a definite answer
PAUSE = (0.05, 0.4)  # between two repetitions
CLEAN_AFTER = 20  # seconds after which no call without an answer is still in progress

# The allowed answers of each call beside UNKNOWN_OUTCOME: 200, or an error's code.
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
# Fields of a success that later calls need.
REQUIRED_FIELDS = {"login": {"user_id", "access_token"}, "create": {"order_id", "total"}}
RECORDED = ("create", "cancel", "move")


class NoAnswer(Exception):
    """A call was repeated for ANSWER_SECONDS without a definite answer."""


class Customer:
    """An account and its session. For one thread, except `call`."""

    def __init__(self, history, rng, callers, user_id=None, token=None):
        self.history = history
        self.rng = rng
        self.callers = callers  # the second is for concurrent calls
        self.user_id = user_id
        self.token = token
        self.uncertain = collections.Counter()  # of each product: quantities of unknown outcome
        self.cancelled = set()  # orders whose cancellation was acknowledged
        self.last_unknown = -CLEAN_AFTER

    # ---- any call ----

    def call(self, kind, method, path, body=None, *, caller=0, **about):
        """Sends one call once; `about` are fields of Call. Returns the Call and the answer's JSON."""
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
            self.history.count("calls of unknown outcome")
        elif call.code:
            self.history.count(f"refused: {kind}: {call.code}")
        return call, answer.json()

    def _judge(self, call, answer, sent):
        """Records an answer that this kind of call must not get."""
        if answer.status is None:
            return
        answer_body = answer.json()
        if answer_body is None:
            call.code = "not JSON"
            self.history.fault("answer", f"{sent} answered with invalid JSON: {answer}")
            return
        fields = set(answer_body) if isinstance(answer_body, dict) else set()
        if answer.status != 200:
            call.code = answer_body["code"] if "code" in fields else None
        elif not fields >= REQUIRED_FIELDS.get(call.kind, set()):
            call.code = "malformed"
        word = call.code or answer.status
        if answer.status not in UNKNOWN_OUTCOME and word not in ALLOWED[call.kind]:
            self.history.fault("answer", f"{sent} of user {self.user_id} answered {answer}")

    def is_clean(self):
        """Whether no call without an answer can still be in progress."""
        return time.monotonic() - self.last_unknown > CLEAN_AFTER

    def resolve(self, kind, method, path, body=None, **about):
        """Repeats an idempotent call until it gets a definite answer. Returns the last Call, its
        JSON, and whether an earlier try may have been done."""
        deadline = time.monotonic() + ANSWER_SECONDS
        maybe_done = False
        while True:
            call, answer_body = self.call(kind, method, path, body, **about)
            if call.definite:
                return call, answer_body, maybe_done
            maybe_done = maybe_done or call.unknown
            if time.monotonic() > deadline:
                text = (f"{method} {path} of user {self.user_id}: no definite answer for {ANSWER_SECONDS} s, "
                        f"the last {call.status} {call.code}")
                self.history.fault("no answer", text)
                raise NoAnswer(text)
            self.history.count("retries")
            time.sleep(self.rng.uniform(*PAUSE))

    def read(self, kind, path):
        """Repeats a GET until it is answered; returns its JSON."""
        return self.resolve(kind, "GET", path)[1]

    def run_concurrently(self, *works):
        """Runs functions at the same instant, each with a caller's number; returns their results."""
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

    def register_and_log_in(self, email, password):
        """Registers and logs in. The email address may be taken by an earlier try that got no answer."""
        self.history.emails.add(email)
        account = {"email": email, "password": password}
        call, _, maybe_done = self.resolve("register", "POST", "/register",
                                        {**account, "name": "Chaos Shopper", "otp": "1234"})
        if call.status != 200 and not maybe_done:
            self.history.fault("answer", f"{email} is taken, and no call registered it before")
        _, answer_body, _ = self.resolve("login", "POST", "/login", account)
        self.user_id, self.token = answer_body["user_id"], answer_body["access_token"]
        self.history.users[self.user_id] = email
        self.history.tokens[self.user_id] = self.token

    # ---- the cart ----

    def cart(self):
        return self.read("cart", f"/cart/{self.user_id}")

    def changed(self, product, low, high):
        self.history.changes.append(Change(self.user_id, product, low, high))

    def change(self, kind, method, path, body, product, quantity):
        """A call that adds or removes a quantity of the cart; sent once."""
        call, _ = self.call(kind, method, path, body)
        if call.unknown:
            self.uncertain[product] += abs(quantity)
            self.changed(product, min(quantity, 0), max(quantity, 0))
        elif call.acknowledged:
            self.changed(product, quantity, quantity)
        return call

    def remove(self, line):
        """Removes a line that the cart had. Its quantity may have changed since."""
        product, quantity, uncertain = line["product_id"], line["quantity"], self.uncertain
        call, _, maybe_done = self.resolve("remove", "DELETE", f"/cart/remove/{line['_id']}")
        if not call.acknowledged and not maybe_done:
            return  # removed by an order whose answer was lost
        least = max(1, quantity - uncertain[product]) if call.acknowledged else 0
        self.changed(product, -(quantity + uncertain[product]), -least)
