"""Reading one order."""

import pytest

from checks import ID, TIME, UNKNOWN_ID, ok, refused
from journey import (add, client_of_same_user, create, move, one_order, ordered, orders, race, status,
                     wait_for_delivery_record)

FIELDS = {"_id", "user_id", "items", "total", "status", "created_at", "history"}
WAY = ["PACKED", "OUT_FOR_DELIVERY", "DELIVERED"]


@pytest.fixture
def order_id(shopper, milk):
    return ordered(shopper, milk, 2)


def test_an_order_has_the_fields_for_the_shopper(shopper, milk, order_id):
    order = ok(one_order(shopper, order_id))
    assert order.keys() == FIELDS
    assert order["_id"] == order_id and order["user_id"] == shopper.user_id
    assert order["items"] == [{"product_id": milk["_id"], "name": milk["name"], "quantity": 2,
                               "price": milk["price"]}]
    assert order["total"] == 120 and order["status"] == "PLACED"
    assert TIME.match(order["created_at"])


def test_an_order_has_a_line_for_each_product_with_name_and_price(shopper, buyable):
    products = buyable[10:16]
    for n, product in enumerate(products):
        ok(add(shopper, product, n + 1))
    made = ok(create(shopper))
    order = ok(one_order(shopper, made["order_id"]))
    assert sorted(order["items"], key=lambda item: item["product_id"]) == sorted(
        ({"product_id": p["_id"], "name": p["name"], "quantity": n + 1, "price": p["price"]}
         for n, p in enumerate(products)), key=lambda item: item["product_id"])
    assert order["total"] == made["total"] == sum(
        item["quantity"] * item["price"] for item in order["items"])


def test_an_order_equals_its_entry_in_the_list(shopper, milk, order_id):
    ordered(shopper, milk)
    order = ok(one_order(shopper, order_id))
    (listed,) = [found for found in ok(orders(shopper)) if found["_id"] == order_id]
    for name in ("_id", "user_id", "total", "created_at"):
        assert order[name] == listed[name]
    assert [{name: item[name] for name in ("product_id", "quantity", "price")}
            for item in order["items"]] == listed["items"]


def test_a_new_order_is_placed_at_once(shopper, milk):
    for _ in range(3):
        order = ok(one_order(shopper, ordered(shopper, milk)))
        assert order["status"] == "PLACED"
        assert [change["status"] for change in order["history"]] == ["PLACED"]


def test_an_order_shows_the_state_of_its_delivery(shopper, courier, order_id):
    wait_for_delivery_record(shopper, order_id)
    for n, step in enumerate(WAY):
        ok(move(courier, order_id, step))
        order = ok(one_order(shopper, order_id))
        assert order["status"] == step == ok(status(shopper, order_id))["status"]
        assert [(change["status"], change["by"]) for change in order["history"]] == [
            ("PLACED", "service"), *((word, "courier") for word in WAY[:n + 1])]


def test_a_history_is_in_order_of_time_and_names_no_person(shopper, courier, order_id):
    wait_for_delivery_record(shopper, order_id)
    ok(move(courier, order_id, "PACKED"))
    for client in (shopper, courier):
        history = ok(one_order(client, order_id))["history"]
        assert all(change.keys() == {"status", "at", "by"} for change in history), history
        times = [change["at"] for change in history]
        assert all(TIME.match(at) for at in times) and times == sorted(times), history


def test_staff_read_any_order(shopper, courier, admin, order_id):
    seen = ok(one_order(shopper, order_id))
    assert seen.keys() == FIELDS and ID.match(seen["_id"])
    for client in (courier, admin):
        order = ok(one_order(client, order_id))
        assert (order["_id"], order["items"]) == (seen["_id"], seen["items"])


def test_another_users_order_is_not_found(shop, order_id):
    refused(one_order(shop.new_shopper(), order_id), 404, "Order not found")


@pytest.mark.parametrize("bad", [UNKNOWN_ID, "1", "z" * 24, "a" * 23, "%20", "a" * 300])
def test_unknown_and_malformed_order_ids_get_the_same_404(shopper, courier, bad):
    for client in (shopper, courier):
        refused(one_order(client, bad), 404, "Order not found")


@pytest.mark.parametrize("path", ["/order/create", "/cart/add"])
def test_the_path_of_another_route_is_not_an_order_id(shopper, path):
    answer = shopper.get(path)
    refused(answer, 405, "Method Not Allowed")
    assert answer.header("Allow") == "POST"


def test_reading_an_order_needs_a_token(guest, order_id):
    refused(one_order(guest, order_id), 401, "Missing token")


def test_an_order_is_the_same_from_every_worker(shopper, order_id):
    wait_for_delivery_record(shopper, order_id)
    answers = race([lambda c=client_of_same_user(shopper): one_order(c, order_id) for _ in range(8)])
    assert len({answer.body for answer in answers}) == 1, answers
    ok(answers[0])
