"""A shopper follows an order, and a courier moves it on."""

import datetime
import threading

import pytest

from checks import ID, TIME, UNKNOWN_ID, invalid, ok, refused
from instance import wait_until
from journey import move, ordered, status
from tokens import claims, sign

STEPS = ["PLACED", "PACKED", "OUT_FOR_DELIVERY", "DELIVERED"]


@pytest.fixture
def order_id(shopper, milk):
    """An order that delivery knows."""
    made = ordered(shopper, milk)
    wait_until(lambda: status(shopper, made).status == 200, 5, "delivery knows the order")
    return made


@pytest.fixture
def service(shop):
    """One of the services, as it calls another."""
    return shop.guest().with_token(sign(shop.secret, claims("0" * 24, "service")))


def reach(courier, order_id, word):
    for step in STEPS[1:STEPS.index(word) + 1]:
        ok(move(courier, order_id, step))


def test_a_status_names_order_and_time(shopper, order_id):
    found = ok(status(shopper, order_id))
    assert found.keys() >= {"_id", "order_id", "status", "last_updated"}
    assert ID.match(found["_id"]) and found["order_id"] == order_id
    assert found["status"] == "PLACED"
    assert TIME.match(found["last_updated"])


def test_an_order_goes_all_the_way_step_by_step(shopper, courier, order_id):
    times = [ok(status(shopper, order_id))["last_updated"]]
    for step in STEPS[1:]:
        assert ok(move(courier, order_id, step)) == {"message": "Status updated"}
        found = ok(status(shopper, order_id))
        assert found["status"] == step
        times.append(found["last_updated"])
    times = [datetime.datetime.fromisoformat(time) for time in times]
    assert times == sorted(times) and times[0] < times[-1]


@pytest.mark.parametrize("now", STEPS)
def test_no_step_is_left_out_or_taken_back(courier, order_id, now):
    reach(courier, order_id, now)
    allowed = STEPS[STEPS.index(now) + 1:][:1]
    for word in [*STEPS, "CANCELLED"]:
        if word not in allowed:
            refused(move(courier, order_id, word), 400, f"Invalid transition from {now} to {word}")
    assert ok(status(courier, order_id))["status"] == now


def test_an_admin_may_move_an_order_too(admin, order_id):
    ok(move(admin, order_id, "PACKED"))


def test_of_concurrent_moves_one_succeeds(shop, courier, order_id):
    answers = []

    def pack():
        answers.append(move(shop.staff("courier"), order_id, "PACKED"))

    threads = [threading.Thread(target=pack) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == [200] + [400] * 5, answers
    for answer in answers:
        if answer.status == 400:
            refused(answer, 400, "Invalid transition from PACKED to PACKED")


@pytest.mark.parametrize("word", [
    "", "packed", "LOST", "PACKED\u0001", "PACK", "PACKEDX", 1, None, [], {}, True, "x" * 1000])
def test_an_unknown_word_is_invalid(courier, order_id, word):
    invalid(move(courier, order_id, word), "status")


def test_a_missing_word_is_invalid(courier, order_id):
    invalid(courier.post(f"/order/{order_id}/update-status", {}), "status")


@pytest.mark.parametrize("word", STEPS[1:])
def test_an_unknown_order_must_start_with_placed(courier, word):
    refused(move(courier, UNKNOWN_ID, word), 400, "Order must start with PLACED")


def test_a_courier_starts_no_order(courier):
    refused(move(courier, UNKNOWN_ID, "PLACED"), 404, "Order not found")
    refused(status(courier, UNKNOWN_ID), 404, "Order not found")


@pytest.mark.parametrize("order_id", [UNKNOWN_ID, "1", "z" * 24, "%20", "a" * 300])
def test_an_unknown_and_a_malformed_id_are_the_same_404(shopper, order_id):
    refused(status(shopper, order_id), 404, "Order not found")


def test_a_shopper_moves_nothing(shopper, order_id):
    refused(move(shopper, order_id, "PACKED"), 403, "Forbidden")
    refused(move(shopper, UNKNOWN_ID, "PLACED"), 403, "Forbidden")
    assert ok(status(shopper, order_id))["status"] == "PLACED"


def test_the_order_of_another_is_not_found(shop, order_id):
    refused(status(shop.new_shopper(), order_id), 404, "Order not found")


def test_staff_may_see_any_order(courier, admin, order_id):
    assert ok(status(courier, order_id)) == ok(status(admin, order_id))


def test_a_service_starts_an_order_and_telling_twice_is_harmless(shop, shopper, courier, service):
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


def test_an_order_of_nobody_is_no_customers(shopper, service):
    answer = service.post(f"/order/{'e' * 24}/update-status", {"status": "PLACED"})
    assert answer.status in (200, 422), answer
    refused(status(shopper, "e" * 24), 404, "Order not found")
