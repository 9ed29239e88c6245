"""Rules of stock, carts and whose data it is. Each yields a line for each violation."""

import collections

from held import RETURNED

LINE_MOST = 99
TOMBSTONES_MOST = 100
ROOMS = ("orders", "carts", "checkouts", "deliveries")  # where documents have a user


def sums(facts):
    """What was there at first is left, or in orders that aren't cancelled."""
    sold = collections.Counter()
    for order in facts.held["orders"]:
        if not order.get("cancelled"):
            for line in order["items"]:
                sold[line["product_id"]] += line["quantity"]
    for product in facts.held["products"]:
        initial = facts.history.stock[product["_id"]]
        left, gone = product["stock"], sold[product["_id"]]
        if left + gone != initial:
            off = left + gone - initial
            yield (f"product {product['_id']}: {initial} at first, {left} left and {gone} sold: "
                   f"{abs(off)} {'lost' if off < 0 else 'too many'}")


def oversold(facts):
    for product in facts.held["products"]:
        if product["stock"] < 0:
            yield f"product {product['_id']} has a stock of {product['stock']}"


def holds(facts):
    """At the end nothing is held for an order that is decided."""
    for product in facts.held["products"]:
        for hold in product.get("holds") or []:
            if hold["quantity"] > 0:
                yield (f"product {product['_id']} still holds {hold['quantity']} for order "
                       f"{hold['order_id']}")


def tombstones(facts):
    """A document doesn't grow by what callers do."""
    for product in facts.held["products"]:
        left = [hold for hold in product.get("holds") or [] if hold["quantity"] == 0]
        if len(left) > TOMBSTONES_MOST:
            yield f"product {product['_id']} has {len(left)} tombstones"


def checkouts(facts):
    """At the end nothing is left to do about an order."""
    for checkout in facts.held["checkouts"]:
        if checkout["state"] != RETURNED:
            yield (f"checkout {checkout['_id']} of user {checkout['user_id']} is still "
                   f"{checkout['state']}")


def cart_lines(facts):
    """What was put in a cart is there, or was ordered or taken out; what isn't known is a range."""
    low, high, there = (collections.Counter() for _ in range(3))
    for change in facts.history.changes:
        low[change.user, change.product] += change.low
        high[change.user, change.product] += change.high
    for line in facts.held["carts"]:
        there[line["user_id"], line["product_id"]] += line["quantity"]
        if not 1 <= line["quantity"] <= LINE_MOST:
            yield f"cart line {line['_id']} has the quantity {line['quantity']}"
    for order in facts.held["orders"]:
        for line in order["items"]:
            there[order["user_id"], line["product_id"]] += line["quantity"]
    for what in sorted(low.keys() | there.keys()):
        if not low[what] <= there[what] <= high[what]:
            user, product = what
            yield (f"user {user}, product {product}: {there[what]} in cart and orders, put in were "
                   f"{low[what]} to {high[what]}")


def foreign(facts):
    """Nothing is of somebody, or of something, that isn't known."""
    users = facts.history.users
    for room in ROOMS:
        for one in facts.held[room]:
            if one.get("user_id") not in users:
                yield f"{one['_id']} in {room} is of user {one.get('user_id')}, whom nobody knows"
    for user in facts.held["users"]:
        if user["email"] not in facts.history.emails:
            yield f"user {user['_id']} has the address {user['email']}, which nobody registered"
    counted = collections.Counter(user["email"] for user in facts.held["users"])
    for user, email in users.items():
        if counted[email] != 1:
            yield f"{email}, who logged in as user {user}, is there {counted[email]} times"
