"""The list of active deliveries for staff."""

import os
import time

import pymongo
import pytest

from checks import ID, TIME, UNKNOWN_ID, invalid, ok, refused
from instance import wait_until
from journey import move, next_page, status
from tokens import service_token

UNDER_WAY = ["PLACED", "PACKED", "OUT_FOR_DELIVERY"]
ENDS = ["DELIVERED", "CANCELLED"]


@pytest.fixture(scope="module", autouse=True)
def wait_for_dispatches(shop):
    """Waits for the outbox: an order of earlier tests that is dispatched later would be listed first."""
    with pymongo.MongoClient(shop.database) as database:
        wait_until(lambda: database.cart_db.checkouts.count_documents({}) == 0, 90, "all orders are dispatched")


@pytest.fixture
def service(shop):
    return shop.guest("internal").with_token(service_token(shop))


def place(service, user_id=None, n=1):
    """Creates deliveries without orders, each in a later millisecond: equal times are listed by id."""
    made = [os.urandom(12).hex() for _ in range(n)]
    for order_id in made:
        time.sleep(0.002)
        body = {"status": "PLACED"} | ({"user_id": user_id} if user_id else {})
        ok(service.post(f"/order/{order_id}/update-status", body))
    return made


def reach(service, order_id, word):
    if word == "CANCELLED":
        ok(service.post(f"/internal/orders/{order_id}/cancel", {"user_id": "u-1", "by": "admin"}))
        return
    way = [*UNDER_WAY, "DELIVERED"]
    for step in way[1:way.index(word) + 1]:
        ok(move(service, order_id, step))


def listed(client, query="?limit=100"):
    return ok(client.get(f"/deliveries{query}"))


def ids(deliveries):
    return [delivery["order_id"] for delivery in deliveries]


def test_each_delivery_has_a_status_and_a_user(courier, shopper, service):
    (order_id,) = place(service, shopper.user_id)
    found = listed(courier)[0]
    assert found.pop("user_id") == shopper.user_id
    assert found == ok(status(shopper, order_id))
    assert found["status"] == "PLACED" and ID.match(found["_id"]) and TIME.match(
        found["last_updated"])


def test_deliveries_are_listed_newest_first(courier, admin, shopper, service):
    made = place(service, shopper.user_id, 8)
    assert ids(listed(courier))[:8] == made[::-1]
    ok(move(courier, made[0], "PACKED"))  # a move does not change the order of the list
    assert ids(listed(admin))[:8] == made[::-1]


def test_ended_deliveries_are_not_listed_as_active(courier, shopper, service):
    made = dict(zip([*UNDER_WAY, *ENDS], place(service, shopper.user_id, 5)))
    for word, order_id in made.items():
        reach(service, order_id, word)
    found = {delivery["order_id"]: delivery["status"] for delivery in listed(courier)}
    assert {word: found.get(order_id) for word, order_id in made.items()} == {
        **{word: word for word in UNDER_WAY}, "DELIVERED": None, "CANCELLED": None}


@pytest.mark.parametrize("word", [*UNDER_WAY, *ENDS])
def test_deliveries_are_filtered_by_status(courier, shopper, service, word):
    (order_id,) = place(service, shopper.user_id)
    reach(service, order_id, word)
    found = listed(courier, f"?status={word}")
    assert ids(found)[0] == order_id
    assert {delivery["status"] for delivery in found} == {word}


def test_a_delivery_without_a_user_has_no_user_id(courier, service):
    place(service)
    assert "user_id" not in listed(courier)[0]


def test_pages_contain_every_delivery_once(courier, shopper, service):
    made = place(service, shopper.user_id, 7)
    path, found, sizes = "/deliveries?limit=3&status=PLACED", [], []
    while path and len(found) < 7:
        answer = courier.get(path)
        found += ids(ok(answer))
        sizes.append(len(ok(answer)))
        path = next_page(answer, path)
        assert path is None or "status=PLACED" in path
    assert found[:7] == made[::-1]
    assert sizes == [3, 3, 3]


def test_a_cursor_stays_valid_while_deliveries_change(courier, shopper, service):
    made = place(service, shopper.user_id, 4)
    answer = courier.get("/deliveries?limit=2")
    assert ids(ok(answer)) == made[:1:-1]
    place(service, shopper.user_id, 2)
    reach(service, made[2], "DELIVERED")  # the last one of the page
    assert ids(ok(courier.get(next_page(answer, "/deliveries"))))[:2] == made[1::-1]


@pytest.mark.parametrize("query, field", [
    ("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("after=x", "after"),
    (f"after={UNKNOWN_ID}", "after"), ("status=LOST", "status"), ("status=", "status"),
    ("status=placed", "status")])
def test_a_wrong_query_is_invalid(courier, query, field):
    invalid(courier.get(f"/deliveries?{query}"), field, where="query")


def test_only_staff_list_deliveries(shop, guest, shopper):
    refused(guest.get("/deliveries"), 401, "Missing token")
    refused(shopper.get("/deliveries"), 403, "Forbidden")
    service = guest.with_token(service_token(shop))
    refused(service.get("/deliveries"), 403, "Forbidden")


def test_listing_deliveries_needs_staff_with_auth_required_off(open_shop):
    refused(open_shop.guest().get("/deliveries"), 401, "Missing token")
