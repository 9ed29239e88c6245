"""A call with a key adds to a cart once, even if it is repeated."""

import os
import signal
import threading
import time

import pytest

from checks import invalid, ok, refused
from instance import kill
from journey import add, cancel, cart, client_of_same_user, create, line_of, ordered, race, set_stock, with_key

ADDED, MERGED = b'{"message":"Item added to cart"}', b'{"message":"Quantity updated"}'
BAD_KEYS = [b"", b"a b", b"x" * 256, "schlüssel".encode(), b"a\x01b"]


def new_key():
    return os.urandom(12).hex()


def reused(answer):
    """Asserts the refusal of a key that answered another request."""
    invalid(answer, "Idempotency-Key", where="header")


def quantities(client):
    return [line["quantity"] for line in cart(client)]


def test_a_repeated_call_returns_the_same_bytes_and_adds_nothing(shopper, milk):
    first, second = new_key(), new_key()
    for _ in range(3):
        answer = add(shopper, milk, 2, first)
        assert answer.status == 200 and answer.body == ADDED, answer
    for _ in range(3):
        answer = add(shopper, milk, 3, second)
        assert answer.status == 200 and answer.body == MERGED, answer
    assert add(shopper, milk, 2, first).body == ADDED
    assert quantities(shopper) == [5]


def test_without_a_key_each_call_adds(shopper, milk):
    for _ in range(2):
        ok(add(shopper, milk))
    ok(add(shopper, milk, 1, new_key()))
    assert quantities(shopper) == [3]


def test_a_repeated_call_after_removal_of_the_line_adds_nothing(shopper, milk):
    key, other = new_key(), new_key()
    ok(add(shopper, milk, 2, key))
    ok(create(shopper))
    assert add(shopper, milk, 2, key).body == ADDED and cart(shopper) == []
    ok(add(shopper, milk, 1, other))
    ok(shopper.delete(f"/cart/remove/{cart(shopper)[0]['_id']}"))
    assert add(shopper, milk, 1, other).body == ADDED and cart(shopper) == []


def test_a_key_with_another_body_is_refused(shopper, milk, rare):
    key = new_key()
    ok(add(shopper, milk, 2, key))
    reused(add(shopper, milk, 3, key))
    reused(add(shopper, rare, 2, key))
    reused(add(shopper, "f" * 24, 2, key))
    assert quantities(shopper) == [2]


def test_an_equivalent_body_gets_the_stored_answer(shopper, milk):
    key, user, product = new_key(), shopper.user_id, milk["_id"]
    ok(add(shopper, milk, 2, key))
    for text in (f'{{"quantity":2.0,"product_id":"{product}","user_id":"{user}"}}',
                 f'\ufeff{{"user_id":"{user}","product_id":"{product}","quantity":2e0}}',
                 f'{{"user_id":"{user.upper()}","product_id":"{product.upper()}",\n"quantity":2}}',
                 f'{{"user_id":"{user}","product_id":"{product}","quantity":2,"more":[1]}}'):
        answer = shopper.post("/cart/add", data=text.encode(), headers=with_key(key))
        assert answer.status == 200 and answer.body == ADDED, (text, answer)
    assert quantities(shopper) == [2]


def test_a_key_belongs_to_user_and_route(shop, milk):
    key = new_key()
    for _ in range(2):
        shopper = shop.new_shopper()
        assert add(shopper, milk, 2, key).body == ADDED
    created = create(shopper, key=key)
    assert ok(created)["total"] == 120
    assert ok(cancel(shopper, created.json()["order_id"], key))
    assert add(shopper, milk, 2, key).body == ADDED and cart(shopper) == []


def test_a_refusal_is_not_stored(shop, shopper, milk, rare):
    key, other = new_key(), new_key()
    ok(add(shopper, milk, 98))
    refused(add(shopper, milk, 2, key), 400, "Quantity limit reached")
    ok(shopper.put(f"/cart/decrease/{cart(shopper)[0]['_id']}"))
    assert add(shopper, milk, 2, key).body == MERGED
    assert add(shopper, milk, 2, key).body == MERGED
    assert quantities(shopper) == [99]
    refused(add(shopper, "f" * 24, 2, other), 404, "Product not found")
    assert add(shopper, rare, 2, other).body == ADDED
    # A stored answer does not change with the product.
    set_stock(shop, rare, 0)
    assert add(shopper, rare, 2, other).body == ADDED
    assert quantities(shopper) == [99, 2]


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_malformed_key_is_refused(shopper, milk, key):
    refused(add(shopper, milk, 1, key), 400, "Invalid Idempotency-Key")
    assert cart(shopper) == []


@pytest.mark.parametrize("keys", [("a", "a"), ("a", "b"), ("", "a")])
def test_a_repeated_key_header_is_refused(shopper, milk, keys):
    body = {"user_id": shopper.user_id, "product_id": milk["_id"], "quantity": 1}
    answer = shopper.post("/cart/add", body, headers=[("Idempotency-Key", key) for key in keys])
    refused(answer, 400, "Invalid Idempotency-Key")
    assert cart(shopper) == []


def test_a_key_does_not_allow_adding_to_another_users_cart(shop, shopper, milk):
    key, other = new_key(), shop.new_shopper()
    ok(add(shopper, milk, 1, key))
    other.user_id = shopper.user_id
    refused(add(other, milk, 1, key), 403, "Forbidden")


# ---- at the same time ----

def test_concurrent_calls_with_one_key_add_once(shopper, milk):
    for _ in range(4):
        key, before = new_key(), sum(quantities(shopper))
        answers = race([lambda c=client_of_same_user(shopper): add(c, milk, 2, key) for _ in range(6)])
        done = {answer.body for answer in answers if answer.status == 200}
        assert len(done) == 1, answers
        for answer in answers:
            if answer.status != 200:
                refused(answer, 409, "Request in progress")
        assert add(shopper, milk, 2, key).body in done
        assert sum(quantities(shopper)) == before + 2


def test_concurrent_calls_with_different_keys_all_succeed(shopper, milk):
    keys = [new_key() for _ in range(20)]
    answers = race([lambda c=client_of_same_user(shopper), k=key: add(c, milk, 2, k) for key in keys])
    done = [answer for answer in answers if answer.status == 200]
    assert len(done) + sum(answer.status == 503 for answer in answers) == len(keys), answers
    assert quantities(shopper) == [2 * len(done)]


def test_adding_and_ordering_at_the_same_time_loses_nothing(shopper, milk):
    pieces = 0
    line_of(shopper, milk)
    for _ in range(4):
        keys = [new_key() for _ in range(3)]
        calls = [lambda c=client_of_same_user(shopper), k=key: add(c, milk, 1, k) for key in keys]
        race([*calls, lambda c=client_of_same_user(shopper): create(c)])
        for key in keys:
            ok(add(shopper, milk, 1, key))
        pieces += len(keys)
    if cart(shopper):
        ok(create(shopper))
    ordered_pieces = sum(item["quantity"] for order in ok(shopper.get(
        f"/orders/{shopper.user_id}?limit=100")) for item in order["items"])
    assert ordered_pieces == 1 + pieces


# ---- a process is killed ----

PAUSE_SECONDS = 0.05  # between two calls after an error, and between two looks at the answers
ANSWER_SECONDS = 20


def adds_until_done(client, product, keys, answers):
    for key in keys:
        deadline = time.monotonic() + ANSWER_SECONDS
        while (answer := add(client, product, 1, key)).status != 200 and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)
        answers.append(answer)


def test_killed_processes_neither_repeat_nor_lose_additions(spare, spare_scene, milk):
    shoppers = [spare.new_shopper() for _ in range(4)]
    answers, keys = [], [[new_key() for _ in range(20)] for _ in shoppers]
    threads = [threading.Thread(target=adds_until_done, args=(shopper, milk, own, answers))
               for shopper, own in zip(shoppers, keys)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        n_answers = len(answers)
        kill(spare.all_workers("cart_order")[0], signal.SIGKILL)
        # On a slow machine no process would live long enough to answer if the next one were killed at once.
        while len(answers) == n_answers and any(thread.is_alive() for thread in threads):
            time.sleep(PAUSE_SECONDS)
    for thread in threads:
        thread.join(60)
    assert [answer.status for answer in answers] == [200] * 80, answers
    for shopper, own in zip(shoppers, keys):
        for key in own:
            ok(add(shopper, milk, 1, key))
        assert quantities(shopper) == [20]
