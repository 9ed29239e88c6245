"""A call with an idempotency key has its effect once, even if it is repeated."""

import json
import os

import pytest

from checks import UNKNOWN_ID, invalid, ok, refused
from client import send_raw
from journey import (add, cancel, cart, client_of_same_user, create, line_of, one_order, ordered, orders, race,
                     set_stock, wait_for_delivery_record, with_key)

VISIBLE = "".join(chr(code) for code in range(0x21, 0x7f))
KEYS = ["k", "0", VISIBLE, "x" * 255, '"quoted"', "a,b", "$ne", "a|b", "%00", "{}"]
BAD_KEYS = {
    "empty": b"", "a space inside": b"a b", "a tab inside": b"a\tb", "too long": b"x" * 256,
    "far too long": b"x" * 3000, "not ASCII": "schlüssel".encode(), "latin-1": b"\xe9",
    "no text": b"\xff\xfe", "a control character": b"a\x01b", "a deleted character": b"a\x7fb"}
DETAIL = "Invalid Idempotency-Key"


def new_key():
    return os.urandom(12).hex()


def reused(answer):
    """Asserts the refusal of a key that answered another request."""
    invalid(answer, "Idempotency-Key", where="header")


def create_raw(client, text, key):
    """Creates an order with a raw body."""
    return client.post("/order/create", data=text.encode(), headers=with_key(key))


# ---- the same call ----

@pytest.mark.parametrize("key", KEYS)
def test_a_repeated_call_returns_the_same_bytes_and_creates_no_second_order(shopper, milk, key):
    ok(add(shopper, milk, 2))
    first = create(shopper, key=key)
    assert ok(first)["total"] == 120
    for _ in range(3):
        again = create(shopper, key=key)
        assert again.status == 200 and again.body == first.body, again
    assert [order["_id"] for order in ok(orders(shopper))] == [first.json()["order_id"]]


def test_a_repeated_call_keeps_later_cart_lines(shopper, milk):
    key = new_key()
    ok(add(shopper, milk))
    first = create(shopper, key=key)
    ok(add(shopper, milk, 3))
    assert create(shopper, key=key).body == first.body
    assert [line["quantity"] for line in cart(shopper)] == [3]
    assert len(ok(orders(shopper))) == 1


def test_another_key_is_another_order(shopper, milk):
    made = []
    for _ in range(2):
        ok(add(shopper, milk))
        made.append(ok(create(shopper, key=new_key()))["order_id"])
    assert len(set(made)) == 2


def test_a_repeated_call_without_a_key_finds_an_empty_cart(shopper, milk):
    ordered(shopper, milk)
    refused(create(shopper), 400, "Cart is empty")


def test_white_space_around_a_key_is_ignored(shopper, milk):
    key = new_key()
    ok(add(shopper, milk))
    first = create(shopper, key=key)
    assert create(shopper, key=f" {key}  ").body == first.body


def test_every_worker_finds_a_stored_key(shopper, milk):
    key = new_key()
    ok(add(shopper, milk))
    first = create(shopper, key=key)
    answers = race([lambda c=client_of_same_user(shopper): create(c, key=key) for _ in range(8)])
    assert {answer.body for answer in answers} == {first.body}, answers


# ---- an equivalent body ----

def test_the_known_fields_are_compared_not_the_bytes(shopper, milk):
    key, user = new_key(), shopper.user_id
    ok(add(shopper, milk))
    first = create_raw(shopper, f'{{"user_id":"{user}","expected_total":60}}', key)
    ok(first)
    for text in (f'{{ "expected_total" : 60,\n"user_id" : "{user}" }}',
                 f'{{"user_id":"{user}","expected_total":60,"unknown":[1]}}',
                 f'{{"user_id":"{user}","expected_total":60.0}}',
                 f'{{"\\u0075ser_id":"{user}","expected_total":60.00}}'):
        again = create_raw(shopper, text, key)
        assert again.status == 200 and again.body == first.body, (text, again)


# ---- another body ----

@pytest.mark.parametrize("first, second", [(None, 60), (60, None), (60, 61), (60, 60.5)])
def test_another_expected_total_is_another_body(shopper, milk, first, second):
    key = new_key()
    ok(add(shopper, milk))
    made = create(shopper, first, key)
    ok(made)
    ok(add(shopper, milk))
    reused(create(shopper, second, key))
    assert [line["quantity"] for line in cart(shopper)] == [1]
    assert len(ok(orders(shopper))) == 1
    assert create(shopper, first, key).body == made.body


# ---- the owner of a key ----

def test_a_key_belongs_to_its_user(shop, milk):
    key, made = new_key(), []
    for _ in range(2):
        shopper = shop.new_shopper()
        ok(add(shopper, milk))
        made.append(create(shopper, key=key))
    first, second = (ok(answer)["order_id"] for answer in made)
    assert first != second


def test_a_key_does_not_reveal_another_users_answer(shop, shopper, milk):
    key = new_key()
    ok(add(shopper, milk))
    ok(create(shopper, key=key))
    other = shop.new_shopper()
    refused(create(other, key=key), 400, "Cart is empty")
    other.user_id = shopper.user_id
    refused(create(other, key=key), 403, "Forbidden")


def test_a_guests_key_belongs_to_the_named_user(open_shop, milk):
    key, clients = new_key(), []
    for _ in range(2):
        client = open_shop.guest()
        client.user_id = f"user-{os.urandom(6).hex()}"
        ok(add(client, milk))
        clients.append((client, create(client, key=key)))
    assert ok(clients[0][1])["order_id"] != ok(clients[1][1])["order_id"]
    for client, first in clients:
        assert create(client, key=key).body == first.body


def test_keys_of_ordering_and_cancelling_are_separate(shopper, milk):
    key = new_key()
    ok(add(shopper, milk))
    created = create(shopper, key=key)
    order_id = ok(created)["order_id"]
    cancelled = cancel(shopper, order_id, key)
    assert ok(cancelled) == {"message": "Order cancelled", "order_id": order_id}
    assert create(shopper, key=key).body == created.body
    assert cancel(shopper, order_id, key).body == cancelled.body
    assert len(ok(orders(shopper))) == 1


# ---- cancelling ----

def test_a_repeated_cancel_returns_the_same_bytes(shopper, milk):
    order_id, key = ordered(shopper, milk), new_key()
    first = cancel(shopper, order_id, key)
    ok(first)
    for again in (cancel(shopper, order_id, key), cancel(shopper, order_id, new_key()),
                  cancel(shopper, order_id)):
        assert again.status == 200 and again.body == first.body, again


def test_a_key_of_a_cancel_belongs_to_its_order(shopper, milk):
    first, second, key = ordered(shopper, milk), ordered(shopper, milk), new_key()
    ok(cancel(shopper, first, key))
    reused(cancel(shopper, second, key))
    assert ok(one_order(shopper, second))["status"] == "PLACED"
    reused(cancel(shopper, UNKNOWN_ID, key))


def test_a_refused_cancel_is_not_stored(shopper, courier, milk):
    first, second, key = ordered(shopper, milk), ordered(shopper, milk), new_key()
    wait_for_delivery_record(shopper, first)
    ok(courier.post(f"/order/{first}/update-status", {"status": "PACKED"}))
    refused(cancel(shopper, first, key), 409, "Order can no longer be cancelled")
    refused(cancel(shopper, UNKNOWN_ID, key), 404, "Order not found")
    ok(cancel(shopper, second, key))


# ---- malformed keys ----

@pytest.mark.parametrize("key", BAD_KEYS.values(), ids=list(BAD_KEYS))
def test_a_malformed_key_is_refused(shopper, milk, key):
    ok(add(shopper, milk))
    refused(create(shopper, key=key), 400, DETAIL)
    assert len(cart(shopper)) == 1 and ok(orders(shopper)) == []
    order_id = ok(create(shopper))["order_id"]
    refused(cancel(shopper, order_id, key), 400, DETAIL)
    assert ok(one_order(shopper, order_id))["status"] == "PLACED"


@pytest.mark.parametrize("keys", [("a", "a"), ("a", "b"), ("", "a"), ("a", "")])
def test_a_repeated_key_header_is_refused(shopper, milk, keys):
    ok(add(shopper, milk))
    headers = [("Idempotency-Key", key) for key in keys]
    answer = shopper.post("/order/create", {"user_id": shopper.user_id}, headers=headers)
    refused(answer, 400, DETAIL)
    assert len(cart(shopper)) == 1


def test_the_key_header_is_case_insensitive(shop, shopper, milk):
    ok(add(shopper, milk))
    body = json.dumps({"user_id": shopper.user_id})
    request = (f"POST /order/create HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
               f"Authorization: Bearer {shopper.token}\r\nContent-Length: {len(body)}\r\n"
               f"idempotency-key:low\r\n\r\n{body}").encode()
    answers = [send_raw(shop.ports["gateway"], request, "POST") for _ in range(2)]
    assert ok(answers[0]) and answers[1].body == answers[0].body, answers


def test_a_key_on_a_route_without_keys_is_ignored(shopper, milk):
    line = line_of(shopper, milk)
    for _ in range(2):
        ok(shopper.put(f"/cart/increase/{line}", headers=with_key("k")))
    assert [line["quantity"] for line in cart(shopper)] == [3]


# ---- refusals are not stored ----

def test_a_key_refused_for_an_empty_cart_can_be_used_again(shopper, milk):
    key = new_key()
    for _ in range(2):
        refused(create(shopper, key=key), 400, "Cart is empty")
    ok(add(shopper, milk))
    first = create(shopper, key=key)
    ok(first)
    assert create(shopper, key=key).body == first.body


def test_a_key_refused_for_its_total_can_be_used_again(shopper, milk):
    key = new_key()
    ok(add(shopper, milk))
    refused(create(shopper, 59, key), 409, "Total changed")
    ok(create(shopper, 60, key))
    reused(create(shopper, 59, key))


def test_a_key_with_an_invalid_body_can_be_used_again(shopper, milk):
    key = new_key()
    ok(add(shopper, milk))
    invalid(shopper.post("/order/create", {}, headers=with_key(key)), "user_id")
    ok(create(shopper, key=key))


def test_a_key_refused_for_stock_can_be_used_again(shop, shopper, rare):
    key = new_key()
    ok(add(shopper, rare, 3))
    set_stock(shop, rare, 2)
    refused(create(shopper, key=key), 409, "Out of stock")
    set_stock(shop, rare, 3)
    ok(create(shopper, key=key))


# ---- concurrent calls ----

def test_concurrent_calls_with_one_key_get_one_answer(shopper, milk):
    for _ in range(4):
        key = new_key()
        ok(add(shopper, milk))
        before = len(ok(orders(shopper)))
        answers = race([lambda c=client_of_same_user(shopper): create(c, key=key) for _ in range(6)])
        done = {answer.body for answer in answers if answer.status == 200}
        assert len(done) == 1, answers
        for answer in answers:
            if answer.status != 200:
                refused(answer, 409, "Request in progress")
        assert {create(shopper, key=key).body} == done
        assert len(ok(orders(shopper))) == before + 1


def test_concurrent_calls_with_different_keys_make_one_order(shopper, milk):
    for _ in range(4):
        ok(add(shopper, milk))
        before = len(ok(orders(shopper)))
        answers = race([lambda c=client_of_same_user(shopper): create(c, key=new_key()) for _ in range(6)])
        assert [answer.status for answer in answers].count(200) == 1, answers
        for answer in answers:
            assert answer.status == 200 or answer.json()["detail"] in (
                "Cart is empty", "Request in progress"), answer
        assert len(ok(orders(shopper))) == before + 1


def test_concurrent_cancels_with_one_key_get_one_answer(shopper, milk):
    order_id, key = ordered(shopper, milk), new_key()
    answers = race([lambda c=client_of_same_user(shopper): cancel(c, order_id, key) for _ in range(6)])
    assert {ok(answer)["order_id"] for answer in answers} == {order_id}
    assert len({answer.body for answer in answers}) == 1, answers
