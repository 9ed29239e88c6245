"""The history of a run: the calls of the clients and their answers, for the checker."""

import collections
import json
import threading
from dataclasses import dataclass
from decimal import Decimal

UNKNOWN_OUTCOME = (None, 502, 503, 504)  # the call may have been done or not
IN_PROGRESS = "request_in_progress"


def paise(rupees):
    """An amount in the unit of the database."""
    return int(Decimal(str(rupees)) * 100)


@dataclass
class Call:
    """One call on an order, and its answer."""

    kind: str  # create, cancel, move
    user: str
    started: float = 0.0
    ended: float = 0.0
    status: int = None  # None: there was no answer
    code: str = None
    body: bytes = b""
    key: str = None
    order: str = None  # of a cancel or a move
    word: str = None  # the requested status
    expected: int = None  # the expected total, in paise
    clean: bool = False  # no other call of the user can have been in progress

    @property
    def unknown(self):
        return self.status in UNKNOWN_OUTCOME

    @property
    def acknowledged(self):
        return self.status == 200 and self.code is None

    @property
    def definite(self):
        return not self.unknown and self.code != IN_PROGRESS

    @property
    def created(self):
        """(order, total in paise) of an acknowledgement."""
        answer = json.loads(self.body, parse_float=Decimal)
        return answer["order_id"], paise(answer["total"])

    @property
    def name(self):
        """A description of the call for messages."""
        words = [self.kind, f"of user {self.user}"]
        words += [f"order {self.order}"] if self.order else []
        words += [f"to {self.word}"] if self.word else []
        words += [f"key {self.key}"] if self.key else []
        return " ".join(words)


@dataclass(frozen=True)
class Change:
    """A change of a product's quantity in a cart: between low and high, negative for a removal."""

    user: str
    product: str
    low: int
    high: int


class History:
    """Shared by all threads, which only append to its lists."""

    def __init__(self):
        self.users = {}  # id: email
        self.tokens = {}  # of a user
        self.emails = set()  # of all registrations tried
        self.calls = []
        self.changes = []
        self.faults = []  # (kind, text): violations that an answer showed
        self.stock = {}  # of each product, before the first call
        self.prices = {}  # in paise
        self.acknowledged = []  # orders in their order of acknowledgement, for the couriers
        self.counts = collections.Counter()
        self._lock = threading.Lock()

    def count(self, what):
        with self._lock:
            self.counts[what] += 1

    def fault(self, kind, text):
        self.faults.append((kind, text))

    def of_kind(self, kind):
        return [call for call in self.calls if call.kind == kind]

    def by_key(self, kind):
        """The calls of a kind with each key of a user: {(user, key): calls}."""
        found = collections.defaultdict(list)
        for call in self.of_kind(kind):
            if call.key:
                found[call.user, call.key].append(call)
        return found

    def orders(self):
        """The acknowledged orders: {order: (user, total)}."""
        return {call.created[0]: (call.user, call.created[1])
                for call in self.of_kind("create") if call.acknowledged}

    def unresolved(self):
        """Calls of unknown outcome, which are to be repeated: one for each key or order."""
        found = {}
        answered = set()
        for call in self.calls:
            what = (call.kind, call.user, call.key, call.order)
            if call.kind == "move" or (call.kind == "create" and not call.key):
                continue
            if call.acknowledged:
                answered.add(what)
            elif not call.definite:
                found.setdefault(what, call)
        return [call for what, call in found.items() if what not in answered]
