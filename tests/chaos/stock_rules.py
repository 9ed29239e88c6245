"""Rules of stock, carts and ownership. Each yields a line for each violation."""

import collections

from stored import RETURNED

LINE_MOST = 99
TOMBSTONES_MOST = 100
WITH_USER = ("orders", "carts", "checkouts", "deliveries")  # collections whose documents have a user


def sums(facts):
    """The initial stock equals the stock left and the units of orders that are not cancelled."""
    sold = collections.Counter()
    for order in facts.stored["orders"]:
        if not order.get("cancelled"):
            for line in order["items"]:
                sold[line["product_id"]] += line["quantity"]
    for product in facts.stored["products"]:
        initial = facts.history.stock[product["_id"]]
        left, gone = product["stock"], sold[product["_id"]]
        if left + gone != initial:
            off = left + gone - initial
            yield (f"product {product['_id']}: {initial} initially, {left} left and {gone} sold: "
                   f"{abs(off)} {'lost' if off < 0 else 'too many'}")


def oversold(facts):
    for product in facts.stored["products"]:
        if product["stock"] < 0:
            yield f"product {product['_id']} has a stock of {product['stock']}"


def holds(facts):
    """At the end no product has a reservation."""
    for product in facts.stored["products"]:
        for hold in product.get("holds") or []:
            if hold["quantity"] > 0:
                yield (f"product {product['_id']} still has a reservation of {hold['quantity']} for order "
                       f"{hold['order_id']}")


def tombstones(facts):
    """The number of tombstones in a product is bounded."""
    for product in facts.stored["products"]:
        left = [hold for hold in product.get("holds") or [] if hold["quantity"] == 0]
        if len(left) > TOMBSTONES_MOST:
            yield f"product {product['_id']} has {len(left)} tombstones"


def checkouts(facts):
    """At the end every checkout is completed."""
    for checkout in facts.stored["checkouts"]:
        if checkout["state"] != RETURNED:
            yield (f"checkout {checkout['_id']} of user {checkout['user_id']} is still "
                   f"{checkout['state']}")


def cart_lines(facts):
    """The quantities added are in carts, ordered or removed; unknown outcomes give a range."""
    low, high, there = (collections.Counter() for _ in range(3))
    for change in facts.history.changes:
        low[change.user, change.product] += change.low
        high[change.user, change.product] += change.high
    for line in facts.stored["carts"]:
        there[line["user_id"], line["product_id"]] += line["quantity"]
        if not 1 <= line["quantity"] <= LINE_MOST:
            yield f"cart line {line['_id']} has the quantity {line['quantity']}"
    for order in facts.stored["orders"]:
        for line in order["items"]:
            there[order["user_id"], line["product_id"]] += line["quantity"]
    for what in sorted(low.keys() | there.keys()):
        if not low[what] <= there[what] <= high[what]:
            user, product = what
            yield (f"user {user}, product {product}: {there[what]} in cart and orders, added were "
                   f"{low[what]} to {high[what]}")


def foreign(facts):
    """Every document belongs to a known user, and every account is known."""
    users = facts.history.users
    for collection in WITH_USER:
        for one in facts.stored[collection]:
            if one.get("user_id") not in users:
                yield f"{one['_id']} in {collection} is of user {one.get('user_id')}, which no client registered"
    for user in facts.stored["users"]:
        if user["email"] not in facts.history.emails:
            yield f"user {user['_id']} has the address {user['email']}, which no client registered"
    counted = collections.Counter(user["email"] for user in facts.stored["users"])
    for user, email in users.items():
        if counted[email] != 1:
            yield f"{email} logged in as user {user} and has {counted[email]} accounts"
