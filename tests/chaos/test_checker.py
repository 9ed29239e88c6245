"""The checker finds the violations in planted records, and none in good ones."""

import datetime
import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "api"))

from checker import check  # noqa: E402
from history import Call, Change, History  # noqa: E402

ASHA, RAVI = "a" * 24, "b" * 24
MILK, BREAD = "1" * 24, "2" * 24
KEPT, CANCELLED, LOST = "c" * 24, "d" * 24, "e" * 24  # orders
NOW = datetime.datetime(2026, 1, 1, 12)


def created(order, total):
    return json.dumps({"message": "Order created", "order_id": order, "total": total}).encode()


def create(user, at, order=None, total=0, **more):
    """A call of order/create that took a second, acknowledged with an order."""
    if order is not None:
        more = {"status": 200, "body": created(order, total), **more}
    return Call("create", user, started=at, ended=at + 1, **more)


def cancel(user, at, order, status=200, **more):
    return Call("cancel", user, at, at + 1, status, order=order, body=b"cancelled", **more)


def move(order, word, status=200):
    return Call("move", "courier", 50, 51, status, order=order, word=word)


def order_of(user, order, lines, **more):
    items = [{"product_id": product, "name": "x", "quantity": n, "price": price}
             for product, n, price in lines]
    return {"_id": order, "user_id": user, "items": items,
            "total": sum(n * price for _, n, price in lines), "created_at": NOW, **more}


def delivery_of(user, order, *words):
    history = [{"status": word, "at": NOW + datetime.timedelta(seconds=n), "by": "service"}
               for n, word in enumerate(words)]
    return {"_id": f"f{order[1:]}", "order_id": order, "user_id": user, "status": words[-1],
            "history": history}


class World:
    """Asha has an order, and milk in her cart; Ravi has a cancelled order, and one without an answer."""

    def __init__(self):
        self.history = history = History()
        history.users = {ASHA: "asha@example.com", RAVI: "ravi@example.com"}
        history.emails = set(history.users.values())
        history.prices = {MILK: 6000, BREAD: 4050}
        history.stock = {MILK: 10, BREAD: 5}
        history.calls += [
            create(ASHA, 1, KEPT, 160.5, key="k1"), create(ASHA, 3, KEPT, 160.5, key="k1"),
            create(ASHA, 5, status=409, code="out_of_stock", key="k2"),
            create(RAVI, 1, CANCELLED, 40.5, key="k1"), cancel(RAVI, 2, CANCELLED, key="k3"),
            cancel(RAVI, 4, CANCELLED, key="k3"), create(RAVI, 9, status=504),
            move(KEPT, "PACKED")]
        history.changes += [
            Change(ASHA, MILK, 2, 2), Change(ASHA, BREAD, 1, 1), Change(ASHA, MILK, 3, 3),
            Change(ASHA, MILK, -1, 0), Change(RAVI, BREAD, 2, 2), Change(RAVI, BREAD, 0, 3)]
        self.stored = {
            "orders": [order_of(ASHA, KEPT, [(MILK, 2, 6000), (BREAD, 1, 4050)]),
                       order_of(RAVI, CANCELLED, [(BREAD, 1, 4050)], cancelled=True),
                       order_of(RAVI, LOST, [(BREAD, 1, 4050)])],
            "deliveries": [delivery_of(ASHA, KEPT, "PLACED", "PACKED"),
                           delivery_of(RAVI, CANCELLED, "PLACED", "CANCELLED"),
                           delivery_of(RAVI, LOST, "PLACED")],
            "carts": [{"_id": "9" * 24, "user_id": ASHA, "product_id": MILK, "quantity": 2}],
            "checkouts": [{"_id": CANCELLED, "user_id": RAVI, "state": "RETURNED"}],
            "keys": [{"_id": f"create|{ASHA}|k1", "answer": created(KEPT, 160.5).decode()},
                     {"_id": f"create|{RAVI}|k1", "answer": created(CANCELLED, 40.5)}],
            "products": [{"_id": MILK, "stock": 8, "holds": [{"order_id": KEPT, "quantity": 0}]},
                         {"_id": BREAD, "stock": 3}],
            "users": [{"_id": ASHA, "email": "asha@example.com"},
                      {"_id": RAVI, "email": "ravi@example.com"}]}

    def one(self, collection, number=0):
        return self.stored[collection][number]

    def find(self, status):
        """The first call with a status."""
        return next(call for call in self.history.calls if call.status == status)

    def add_calls(self, *calls):
        self.history.calls.extend(calls)

    def add_documents(self, collection, *documents):
        self.stored[collection].extend(documents)

    def remove(self, collection, number=0):
        del self.stored[collection][number]


def lose_the_line_of_asha(world):
    world.one("carts")["quantity"] = 1


def sell_twice(world):
    """Asha has another order of the same line: the stock is right, the cart is not."""
    world.add_documents("orders", order_of(ASHA, "7" * 24, [(MILK, 3, 6000)]))
    world.add_documents("deliveries", delivery_of(ASHA, "7" * 24, "PLACED"))
    world.one("products")["stock"] = 5
    world.add_calls(create(ASHA, 20, "7" * 24, 180))


# The changes of the good records, and the only kind of violations that must be found.
BAD = {
    "an acknowledged order is lost": (
        lambda w: w.add_calls(create(ASHA, 30, "7" * 24, 1)), "acknowledged order"),
    "an acknowledged order exists twice": (
        lambda w: w.add_documents("orders", {**w.one("orders"), "items": [], "total": 0, "_id": KEPT}),
        {"acknowledged order", "total"}),
    "an order with another total": (
        lambda w: w.one("orders").update(total=1), {"acknowledged order", "total"}),
    "another total was acknowledged": (
        lambda w: w.add_calls(create(ASHA, 30, KEPT, 161, key="k1")), {"acknowledged order", "key"}),
    "an order of another user": (
        lambda w: w.add_calls(create(RAVI, 30, KEPT, 160.5)), "acknowledged order"),
    "an order acknowledged for a second call without a key": (
        lambda w: w.add_calls(create(ASHA, 30, KEPT, 160.5)), "acknowledged order"),
    "a line at another price": (
        lambda w: (w.one("orders")["items"][0].update(price=12000),
                   w.one("orders")["items"][1].update(price=-7950)), "total"),
    "another total than was expected": (
        lambda w: w.add_calls(create(ASHA, 30, KEPT, 160.5, key="k1", expected=1)), "total"),
    "a key with two answers": (
        lambda w: w.add_calls(create(ASHA, 30, key="k1", status=200,
                                     body=created(KEPT, 160.5) + b" ")), "key"),
    "a key that is refused after its acknowledgement": (
        lambda w: w.add_calls(create(ASHA, 30, key="k1", status=400, code="cart_is_empty")), "key"),
    "a double click whose second call is refused": (
        lambda w: w.add_calls(create(ASHA, 1.5, key="k1", status=400, code="cart_is_empty", clean=True)),
        "key"),
    "a cancel key that is refused after its acknowledgement": (
        lambda w: w.add_calls(cancel(RAVI, 30, CANCELLED, 422, key="k3")), "key"),
    "a stored key of another answer": (
        lambda w: w.one("keys").update(answer=created(KEPT, 1)), "stored key"),
    "a stored key without its order": (
        lambda w: (w.add_calls(create(RAVI, 30, key="k9", status=503)),
                   w.add_documents("keys", {"_id": f"create|{RAVI}|k9", "answer": created("7" * 24, 1)})),
        "stored key"),
    "a stored key that no call sent": (
        lambda w: w.add_documents("keys", {"_id": f"create|{ASHA}|k9", "answer": created(KEPT, 160.5)}),
        "stored key"),
    "an order that no call created": (
        lambda w: w.history.calls.remove(w.find(504)), "unacknowledged order"),
    "an order without a delivery": (lambda w: w.remove("deliveries", 2), "delivery record"),
    "an order with two deliveries": (
        lambda w: w.add_documents("deliveries", delivery_of(RAVI, LOST, "PLACED")), "delivery record"),
    "a delivery without an order": (
        lambda w: w.add_documents("deliveries", delivery_of(RAVI, "7" * 24, "PLACED")), "delivery record"),
    "a delivery of another user": (
        lambda w: w.one("deliveries").update(user_id=RAVI), "delivery record"),
    "a history that skips a step": (
        lambda w: w.stored["deliveries"].__setitem__(
            2, delivery_of(RAVI, LOST, "PLACED", "OUT_FOR_DELIVERY")), "history"),
    "a history that begins late": (
        lambda w: w.stored["deliveries"].__setitem__(2, delivery_of(RAVI, LOST, "PACKED")),
        "history"),
    "no history": (lambda w: w.one("deliveries", 2).update(history=[]), "history"),
    "a status that isn't the last of its history": (
        lambda w: w.one("deliveries", 2).update(status="PACKED"), "history"),
    "a history with descending times": (
        lambda w: w.one("deliveries")["history"][0].update(at=NOW + datetime.timedelta(hours=1)),
        "history"),
    "a step that was acknowledged and lost": (
        lambda w: w.add_calls(move(KEPT, "OUT_FOR_DELIVERY")), "history"),
    "a cancelled order that is delivered": (
        lambda w: w.stored["deliveries"].__setitem__(1, delivery_of(RAVI, CANCELLED, "PLACED")),
        "cancelling"),
    "a cancelled order that isn't marked": (
        lambda w: (w.one("orders", 1).pop("cancelled"), w.one("products", 1).update(stock=2)),
        "cancelling"),
    "an order that is cancelled though it was too late": (
        lambda w: w.add_calls(cancel(RAVI, 30, CANCELLED, 409, key="k8",
                                     code="order_can_no_longer_be_cancelled")), "cancelling"),
    "an order that is cancelled without a call": (
        lambda w: [w.history.calls.remove(call) for call in w.history.of_kind("cancel")], "cancelling"),
    "stock that was not returned": (
        lambda w: w.one("products", 1).update(stock=2), "stock sum"),
    "stock that was returned twice": (
        lambda w: w.one("products", 1).update(stock=4), "stock sum"),
    "stock below zero": (
        lambda w: (w.history.stock.update({MILK: 1}), w.one("products").update(stock=-1)),
        "oversold"),
    "a reservation that is never released": (
        lambda w: w.one("products", 1).update(holds=[{"order_id": KEPT, "quantity": 1}]),
        "reservation"),
    "a product that grows": (
        lambda w: w.one("products", 1).update(holds=[{"order_id": KEPT, "quantity": 0}] * 101),
        "tombstones"),
    "a checkout that never ends": (
        lambda w: w.add_documents("checkouts", {"_id": KEPT, "user_id": ASHA, "state": "COMMITTED"}),
        "unfinished checkout"),
    "a cart that lost more than the calls removed": (lose_the_line_of_asha, "cart line"),
    "a cart line that was ordered and not removed": (sell_twice, "cart line"),
    "a line that no call added": (
        lambda w: w.add_documents("carts", {"_id": "8" * 24, "user_id": RAVI, "product_id": MILK,
                                            "quantity": 1}), "cart line"),
    "a line without a quantity": (
        lambda w: w.add_documents("carts", {"_id": "8" * 24, "user_id": RAVI, "product_id": MILK,
                                            "quantity": 0}), "cart line"),
    "a cart of an unknown user": (
        lambda w: (w.one("carts").update(user_id="3" * 24),
                   w.history.changes.extend([Change(ASHA, MILK, -3, -2),
                                          Change("3" * 24, MILK, 2, 2)])), "foreign data"),
    "an account that no call registered": (
        lambda w: w.add_documents("users", {"_id": "3" * 24, "email": "x@example.com"}), "foreign data"),
    "an account that is lost": (lambda w: w.remove("users"), "foreign data"),
    "an answer that was wrong": (lambda w: w.history.fault("answer", "a 500"), "answer"),
}


def kinds(world):
    return {violation.kind for violation in check(world.history, world.stored)}


def test_good_records_have_no_violation():
    assert check(World().history, World().stored) == []


@pytest.mark.parametrize("damage, kind", BAD.values(), ids=list(BAD))
def test_bad_records_are_found(damage, kind):
    world = World()
    damage(world)
    assert kinds(world) == (kind if isinstance(kind, set) else {kind})


def test_a_violation_is_printed_as_a_line_with_its_subject():
    world = World()
    world.remove("deliveries", 2)
    assert [str(one) for one in check(world.history, world.stored)] == [
        f"VIOLATION delivery record: order {LOST} has 0 delivery records"]


# No violation: the answer has no outcome, or another call may have been first.
@pytest.mark.parametrize("more", [
    [create(ASHA, 30, key="k9", status=503), create(ASHA, 32, key="k9", status=409,
                                                    code="out_of_stock")],
    [create(ASHA, 1.5, key="k1", status=409, code="request_in_progress")],
    [create(ASHA, 1.5, key="k1", status=409, code="out_of_stock", clean=True)],
    [create(ASHA, 1.5, key="k1", status=400, code="cart_is_empty")],
    [create(ASHA, 30, key="k1", status=None)],
    [create(ASHA, 1.5, KEPT, 160.5)],
    [move(LOST, "PACKED", 504)],
    [cancel(ASHA, 30, KEPT, 409, code="order_can_no_longer_be_cancelled")],
], ids=str)
def test_possible_histories_are_no_violation(more):
    world = World()
    world.add_calls(*more)
    assert check(world.history, world.stored) == []


def test_a_change_without_an_answer_may_have_been_made_or_not():
    for quantity in (1, 2, 3):
        world = World()
        world.history.changes.append(Change(ASHA, MILK, -1, 1))
        world.one("carts")["quantity"] = quantity
        assert check(world.history, world.stored) == []


def test_each_unresolved_call_is_repeated_once():
    history = History()
    history.calls += [
        create(ASHA, 1, key="k1", status=504), create(ASHA, 3, key="k1", status=503),
        create(ASHA, 1, key="k2", status=None), create(ASHA, 3, KEPT, 1, key="k2"),
        create(ASHA, 5, status=504), create(ASHA, 7, key="k3", status=400, code="cart_is_empty"),
        cancel(ASHA, 9, KEPT, 503), cancel(ASHA, 9, CANCELLED, 503),
        cancel(ASHA, 11, CANCELLED), move(KEPT, "PACKED", 504)]
    assert [(call.kind, call.key or call.order) for call in history.unresolved()] == [
        ("create", "k1"), ("cancel", KEPT)]
