"""Compares the answers that the clients got with the documents in the databases."""

import collections
from dataclasses import dataclass
from functools import cached_property

import order_rules
import stock_rules

RULES = {
    "acknowledged order": order_rules.acknowledged,
    "total": order_rules.totals,
    "key": order_rules.keys,
    "stored key": order_rules.stored_keys,
    "unacknowledged order": order_rules.unacknowledged,
    "delivery record": order_rules.deliveries,
    "history": order_rules.histories,
    "cancelling": order_rules.cancelling,
    "stock sum": stock_rules.sums,
    "oversold": stock_rules.oversold,
    "reservation": stock_rules.holds,
    "tombstones": stock_rules.tombstones,
    "unfinished checkout": stock_rules.checkouts,
    "cart line": stock_rules.cart_lines,
    "foreign data": stock_rules.foreign,
}


@dataclass(frozen=True)
class Violation:
    """A violation: its kind, and a line that describes it."""

    kind: str
    text: str

    def __str__(self):
        return f"VIOLATION {self.kind}: {self.text}"


class Facts:
    """The answers and the documents, in the forms that the rules need."""

    def __init__(self, history, stored):
        self.history = history
        self.stored = stored

    def faults(self, kind):
        """Violations that the clients saw in answers."""
        return [text for other, text in self.history.faults if other == kind]

    @cached_property
    def orders(self):
        """The orders in the database: {id: order}."""
        return {order["_id"]: order for order in self.stored["orders"]}

    @cached_property
    def deliveries(self):
        """{order: its records}"""
        found = collections.defaultdict(list)
        for record in self.stored["deliveries"]:
            found[record["order_id"]].append(record)
        return found

    def orders_of(self, user):
        """The ids of a user's orders."""
        return self._by_user[user]

    @cached_property
    def _by_user(self):
        found = collections.defaultdict(set)
        for order in self.stored["orders"]:
            found[order["user_id"]].add(order["_id"])
        return found

    @cached_property
    def acknowledged_orders(self):
        return self.history.orders()


def check(history, stored):
    """All violations, in the order of the rules."""
    facts = Facts(history, stored)
    kinds = {kind for kind, _ in history.faults}
    found = [Violation(kind, text) for kind in sorted(kinds) for text in facts.faults(kind)]
    return found + [Violation(kind, text) for kind, rule in RULES.items() for text in rule(facts)]
