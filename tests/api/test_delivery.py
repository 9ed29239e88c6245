"""The status of an order, and its moves by couriers."""

import datetime
import os

import pytest

from checks import ID, TIME, UNKNOWN_ID, invalid, ok, refused
from journey import move, ordered, race, status, wait_for_delivery_record
from tokens import service_token

STEPS = ["PLACED", "PACKED", "OUT_FOR_DELIVERY", "DELIVERED"]


@pytest.fixture
def order_id(shopper, milk):
    """An order that delivery has."""
    made = ordered(shopper, milk)
    wait_for_delivery_record(shopper, made)
    return made


@pytest.fixture
def service(shop):
    """A client with a service token."""
    return shop.guest("internal").with_token(service_token(shop))


def reach(courier, order_id, word):
    for step in STEPS[1:STEPS.index(word) + 1]:
        ok(move(courier, order_id, step))


def test_a_status_has_the_order_id_and_the_time(shopper, order_id):
    found = ok(status(shopper, order_id))
    assert found.keys() >= {"_id", "order_id", "status", "last_updated"}
    assert ID.match(found["_id"]) and found["order_id"] == order_id
    assert found["status"] == "PLACED"
    assert TIME.match(found["last_updated"])


def test_an_order_moves_through_all_states(shopper, courier, order_id):
    times = [ok(status(shopper, order_id))["last_updated"]]
    for step in STEPS[1:]:
        assert ok(move(courier, order_id, step)) == {"message": "Status updated"}
        found = ok(status(shopper, order_id))
        assert found["status"] == step
        times.append(found["last_updated"])
    times = [datetime.datetime.fromisoformat(time) for time in times]
    assert times == sorted(times) and times[0] < times[-1]


@pytest.mark.parametrize("now", STEPS)
def test_a_move_that_skips_or_reverses_a_state_is_refused(courier, order_id, now):
    reach(courier, order_id, now)
    allowed = STEPS[STEPS.index(now) + 1:][:1]
    for word in [*STEPS, "CANCELLED"]:
        if word not in allowed:
            refused(move(courier, order_id, word), 400, f"Invalid transition from {now} to {word}")
    assert ok(status(courier, order_id))["status"] == now


def test_an_admin_moves_an_order(admin, order_id):
    ok(move(admin, order_id, "PACKED"))


def test_of_concurrent_moves_one_succeeds(shop, order_id):
    couriers = [shop.staff("courier") for _ in range(6)]
    answers = race([lambda c=courier: move(c, order_id, "PACKED") for courier in couriers])
    assert sorted(answer.status for answer in answers) == [200] + [400] * 5, answers
    for answer in answers:
        if answer.status == 400:
            refused(answer, 400, "Invalid transition from PACKED to PACKED")


@pytest.mark.parametrize("word", [
    "", "packed", "LOST", "PACKED\u0001", "PACK", "PACKEDX", 1, None, [], {}, True, "x" * 1000])
def test_an_unknown_status_is_invalid(courier, order_id, word):
    invalid(move(courier, order_id, word), "status")


def test_a_missing_status_is_invalid(courier, order_id):
    invalid(courier.post(f"/order/{order_id}/update-status", {}), "status")


@pytest.mark.parametrize("word", STEPS[1:])
def test_an_unknown_order_must_start_with_placed(courier, word):
    refused(move(courier, UNKNOWN_ID, word), 400, "Order must start with PLACED")


def test_a_courier_cannot_create_a_delivery(courier):
    refused(move(courier, UNKNOWN_ID, "PLACED"), 404, "Order not found")
    refused(status(courier, UNKNOWN_ID), 404, "Order not found")


@pytest.mark.parametrize("order_id", [UNKNOWN_ID, "1", "z" * 24, "%20", "a" * 300])
def test_unknown_and_malformed_ids_get_the_same_404(shopper, order_id):
    refused(status(shopper, order_id), 404, "Order not found")


def test_a_shopper_cannot_move_an_order(shopper, order_id):
    refused(move(shopper, order_id, "PACKED"), 403, "Forbidden")
    refused(move(shopper, UNKNOWN_ID, "PLACED"), 403, "Forbidden")
    assert ok(status(shopper, order_id))["status"] == "PLACED"


def test_another_users_order_is_not_found(shop, order_id):
    refused(status(shop.new_shopper(), order_id), 404, "Order not found")


def test_staff_read_any_order(courier, admin, order_id):
    assert ok(status(courier, order_id)) == ok(status(admin, order_id))


def test_a_service_creates_a_delivery_and_repeating_is_idempotent(shop, shopper, courier, service):
    made = f"{shopper.user_id[:20]}beef"
    body = {"status": "PLACED", "user_id": shopper.user_id}
    answer = service.post(f"/order/{made}/update-status", body)
    assert ok(answer) == {"message": "Order status created"}
    ok(service.post(f"/order/{made}/update-status", body))
    assert ok(status(shopper, made))["status"] == "PLACED"
    refused(status(shop.new_shopper(), made), 404, "Order not found")
    ok(move(courier, made, "PACKED"))
    ok(service.post(f"/order/{made}/update-status", body))
    assert ok(status(shopper, made))["status"] == "PACKED"


def test_an_order_without_a_user_belongs_to_no_customer(shopper, service):
    answer = service.post(f"/order/{'e' * 24}/update-status", {"status": "PLACED"})
    assert answer.status in (200, 422), answer
    refused(status(shopper, "e" * 24), 404, "Order not found")


# ---- between services ----

class InternalClient:
    """The internal calls to delivery."""

    def __init__(self, shop):
        token = service_token(shop)
        self.client = shop.guest("internal").with_token(token)

    def place(self, order_id, user_id):
        return self.client.post(f"/order/{order_id}/update-status",
                                {"status": "PLACED", "user_id": user_id})

    def order(self, order_id):
        return self.client.get(f"/internal/orders/{order_id}")

    def cancel(self, order_id, user_id, by="customer"):
        return self.client.post(f"/internal/orders/{order_id}/cancel",
                                {"user_id": user_id, "by": by})


@pytest.fixture
def internal_client(shop):
    return InternalClient(shop)


@pytest.fixture
def placed(shopper, internal_client):
    """A delivery of the shopper without an order."""
    made = os.urandom(12).hex()
    ok(internal_client.place(made, shopper.user_id))
    return made


def history_of(internal_client, order_id):
    """[(status, by)] of an order; asserts the form of the times and their order."""
    found = ok(internal_client.order(order_id))
    assert found.keys() == {"status", "history"}
    for change in found["history"]:
        assert change.keys() == {"status", "at", "by"}, found
        assert TIME.match(change["at"]), found
    times = [change["at"] for change in found["history"]]
    assert times == sorted(times), found
    assert found["history"][-1]["status"] == found["status"]
    return [(change["status"], change["by"]) for change in found["history"]]


def test_a_history_has_states_times_and_actors(internal_client, courier, admin, placed):
    assert history_of(internal_client, placed) == [("PLACED", "service")]
    ok(move(courier, placed, "PACKED"))
    ok(move(admin, placed, "OUT_FOR_DELIVERY"))
    ok(internal_client.client.post(f"/order/{placed}/update-status", {"status": "DELIVERED"}))
    assert history_of(internal_client, placed) == [
        ("PLACED", "service"), ("PACKED", "courier"), ("OUT_FOR_DELIVERY", "admin"),
        ("DELIVERED", "service")]


def test_a_refused_move_is_not_in_the_history(internal_client, shopper, courier, placed):
    refused(move(courier, placed, "DELIVERED"), 400, "Invalid transition from PLACED to DELIVERED")
    refused(move(shopper, placed, "PACKED"), 403, "Forbidden")
    ok(internal_client.place(placed, shopper.user_id))
    assert history_of(internal_client, placed) == [("PLACED", "service")]


def test_moves_without_a_token_are_recorded_as_guest(open_shop):
    made, internal_client = os.urandom(12).hex(), InternalClient(open_shop)
    ok(internal_client.place(made, "user-1"))
    ok(open_shop.guest().post(f"/order/{made}/update-status", {"status": "PACKED"}))
    assert history_of(internal_client, made) == [("PLACED", "service"), ("PACKED", "guest")]


def test_an_existing_delivery_without_a_user_is_assigned_to_its_owner(internal_client, shopper):
    """For each call that creates a delivery."""
    def record():
        made = os.urandom(12).hex()
        ok(internal_client.place(made, None))
        refused(status(shopper, made), 404, "Order not found")
        return made

    one, many, cancelled = record(), record(), record()
    ok(internal_client.place(one, shopper.user_id))
    ok(internal_client.client.post("/internal/orders", {"orders": [
        {"order_id": many, "user_id": shopper.user_id}]}))
    ok(internal_client.cancel(cancelled, shopper.user_id))
    assert [ok(status(shopper, made))["status"] for made in (one, many, cancelled)] == [
        "PLACED", "PLACED", "CANCELLED"]


def test_a_status_shows_neither_history_nor_user(shopper, courier, placed):
    for client in (shopper, courier):
        assert ok(status(client, placed)).keys() == {"_id", "order_id", "status", "last_updated"}


@pytest.mark.parametrize("order_id", [UNKNOWN_ID, "1", "z" * 24, "%20"])
def test_an_unknown_order_has_no_history(internal_client, order_id):
    refused(internal_client.order(order_id), 404, "Order not found")


def test_a_placed_order_is_cancelled(internal_client, shopper, placed):
    assert ok(internal_client.cancel(placed, shopper.user_id)) == {"message": "Order cancelled"}
    assert ok(status(shopper, placed))["status"] == "CANCELLED"
    assert history_of(internal_client, placed) == [("PLACED", "service"), ("CANCELLED", "customer")]


def test_cancelling_again_changes_nothing(internal_client, shopper, placed):
    first = internal_client.cancel(placed, shopper.user_id, "admin")
    before = ok(status(shopper, placed))
    for by in ("admin", "customer"):
        assert internal_client.cancel(placed, shopper.user_id, by).body == first.body
    assert ok(status(shopper, placed)) == before
    assert history_of(internal_client, placed) == [("PLACED", "service"), ("CANCELLED", "admin")]


@pytest.mark.parametrize("now", STEPS[1:])
def test_an_order_past_placed_is_not_cancelled(internal_client, shopper, courier, placed, now):
    reach(courier, placed, now)
    refused(internal_client.cancel(placed, shopper.user_id), 409, "Order can no longer be cancelled")
    assert ok(status(shopper, placed))["status"] == now


def test_an_order_cancelled_before_its_dispatch_stays_cancelled(shop, internal_client, shopper):
    made = os.urandom(12).hex()
    ok(internal_client.cancel(made, shopper.user_id))
    ok(internal_client.place(made, shopper.user_id))
    assert ok(status(shopper, made))["status"] == "CANCELLED"
    assert history_of(internal_client, made) == [("PLACED", "service"), ("CANCELLED", "customer")]
    refused(status(shop.new_shopper(), made), 404, "Order not found")


@pytest.mark.parametrize("word", [*STEPS, "CANCELLED"])
def test_a_cancelled_order_cannot_be_moved(internal_client, shopper, courier, placed, word):
    ok(internal_client.cancel(placed, shopper.user_id))
    refused(move(courier, placed, word), 400, f"Invalid transition from CANCELLED to {word}")


@pytest.mark.parametrize("body, fields", [
    ({}, ["user_id", "by"]), ({"user_id": "u-1"}, ["by"]), ({"by": "admin"}, ["user_id"]),
    ({"user_id": "a b", "by": "nobody"}, ["user_id", "by"]), ({"user_id": 1, "by": 1},
                                                               ["user_id", "by"])])
def test_a_malformed_cancel_body_is_invalid(internal_client, placed, body, fields):
    invalid(internal_client.client.post(f"/internal/orders/{placed}/cancel", body), *fields)
    assert history_of(internal_client, placed) == [("PLACED", "service")]


@pytest.mark.parametrize("order_id", ["1", "z" * 24, "%20"])
def test_a_malformed_order_id_is_not_cancelled(internal_client, shopper, order_id):
    refused(internal_client.cancel(order_id, shopper.user_id), 404, "Order not found")


def test_of_a_concurrent_cancel_and_move_one_succeeds(shop, internal_client, shopper, courier):
    for _ in range(8):
        made = os.urandom(12).hex()
        ok(internal_client.place(made, shopper.user_id))
        cancelled, moved = race([lambda: internal_client.cancel(made, shopper.user_id),
                                 lambda: move(courier, made, "PACKED")])
        if cancelled.status == 200:
            refused(moved, 400, "Invalid transition from CANCELLED to PACKED")
            assert history_of(internal_client, made)[1:] == [("CANCELLED", "customer")]
        else:
            refused(cancelled, 409, "Order can no longer be cancelled")
            ok(moved)
            assert history_of(internal_client, made)[1:] == [("PACKED", "courier")]


def test_a_cancel_and_a_late_dispatch_end_in_one_record(shop, shopper):
    for _ in range(8):
        made = os.urandom(12).hex()
        callers = [InternalClient(shop) for _ in range(4)]
        answers = race([lambda c=c, n=n: (c.cancel if n % 2 else c.place)(made, shopper.user_id)
                        for n, c in enumerate(callers)])
        assert [answer.status for answer in answers] == [200] * 4, answers
        assert history_of(callers[0], made) == [("PLACED", "service"), ("CANCELLED", "customer")]
