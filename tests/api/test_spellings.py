"""Equivalent spellings are accepted: numbers, ids, a byte order mark, spaces."""

import gzip
import json
import os

import pymongo
import pytest
from bson import Decimal128, Int64, ObjectId

from checks import client_error, invalid, ok, refused
from client import send_raw
from instance import kill, wait_until
from journey import (add, add_when_available, cancel, cart, create, line_of, one_order, ordered, orders,
                     set_stock, status, wait_for_delivery_record, with_key)

BOM = b"\xef\xbb\xbf"


def add_text(client, product, quantity):
    """Adds a product with the raw text of a quantity."""
    return client.post("/cart/add", data=(
        f'{{"user_id":"{client.user_id}","product_id":"{product["_id"]}",'
        f'"quantity":{quantity}}}').encode())


# ---- numbers ----

@pytest.mark.parametrize("quantity", ["2.0", "2e0", "2.000", "0.2E1", "20e-1"])
def test_an_integer_may_be_written_with_a_point_or_an_exponent(shopper, milk, quantity):
    ok(add_text(shopper, milk, quantity))
    assert [line["quantity"] for line in cart(shopper)] == [2]


@pytest.mark.parametrize("quantity", ["2.5", "1e-1", "2.00000000000000000001", "-0.0", "-2.0", "0e0",
                                      "1e2", "1e400", "-1e400", "1e-400", "9007199254740993.0"])
def test_a_quantity_that_is_no_integer_or_out_of_range_is_refused(shopper, milk, quantity):
    invalid(add_text(shopper, milk, quantity), "quantity")
    assert cart(shopper) == []


def test_a_limit_is_read_as_an_integer(guest):
    assert len(ok(guest.get("/products?limit=2.0"))) == 2
    invalid(guest.get("/products?limit=2.5"), "limit", where="query")


@pytest.mark.parametrize("total", ["180.00000000000003", "179.99999999999997", "1.8e2", "180.0000009"])
def test_a_total_is_rounded_to_paise(shopper, milk, total):
    key = os.urandom(8).hex()
    ok(add(shopper, milk, 3))
    body = f'{{"user_id":"{shopper.user_id}","expected_total":{total}}}'.encode()
    first = shopper.post("/order/create", data=body, headers=with_key(key))
    assert ok(first)["total"] == 180
    assert create(shopper, 180, key).body == first.body


@pytest.mark.parametrize("total", ["180.000001", "179.999999", "180.001", "-0.01", "1e400"])
def test_a_total_that_is_no_amount_of_paise_is_refused(shopper, milk, total):
    ok(add(shopper, milk, 3))
    body = f'{{"user_id":"{shopper.user_id}","expected_total":{total}}}'.encode()
    invalid(shopper.post("/order/create", data=body), "expected_total")


# ---- ids ----

def test_ids_are_case_insensitive(shop, shopper, courier, milk):
    user = shopper.user_id
    shopper.user_id = user.upper()
    product = {"_id": milk["_id"].upper()}
    assert ok(shopper.get(f"/products/{product['_id']}"))["_id"] == milk["_id"]
    ok(add(shopper, product))
    ok(add(shopper, product))
    line = cart(shopper)[0]["_id"].upper()
    for method, path, quantity in (("PUT", "increase", 3), ("PUT", "decrease", 2)):
        ok(shopper.call(method, f"/cart/{path}/{line}"))
        assert [line["quantity"] for line in cart(shopper)] == [quantity]
    ok(shopper.delete(f"/cart/remove/{line}"))
    ok(add(shopper, product))
    key = os.urandom(8).hex()
    first = create(shopper, key=key)
    order = ok(first)["order_id"]
    wait_for_delivery_record(shopper, order)
    shopper.user_id = user
    assert create(shopper, key=key).body == first.body
    assert ok(one_order(shopper, order.upper()))["user_id"] == user
    assert ok(status(shopper, order.upper()))["order_id"] == order
    assert [o["user_id"] for o in ok(orders(shopper))] == [user]
    assert ok(courier.post(f"/order/{order.upper()}/update-status", {"status": "PACKED"}))
    refused(cancel(shopper, order.upper()), 409, "Order can no longer be cancelled")
    other = ordered(shopper, milk)
    after = ok(orders(shopper))[0]["_id"].upper()
    assert other.upper() == after
    assert len(ok(orders(shopper, f"?after={after}"))) == 1
    assert ok(cancel(shopper, after)) == {"message": "Order cancelled", "order_id": other}


def test_a_stream_accepts_an_id_in_capitals(shop, shopper, milk):
    order = ordered(shopper, milk)
    wait_for_delivery_record(shopper, order)
    ok(cancel(shopper, order))
    wait_until(lambda: ok(status(shopper, order))["status"] == "CANCELLED", 5, "it has ended")
    answer = shopper.get(f"/order/{order.upper()}/events")
    assert answer.status == 200 and f'"order_id":"{order}"' in answer.text, answer


def test_a_key_compares_ids_case_insensitively(shopper, milk):
    order, key = ordered(shopper, milk), os.urandom(8).hex()
    first = cancel(shopper, order, key)
    ok(first)
    assert cancel(shopper, order.upper(), key).body == first.body


def test_an_id_in_capitals_does_not_allow_acting_for_another(shop, shopper, milk):
    other = shop.new_shopper()
    other.user_id = shopper.user_id.upper()
    refused(add(other, milk), 403, "Forbidden")


def test_user_ids_without_tokens_are_case_insensitive_only_as_object_ids(open_shop, milk):
    guest = open_shop.guest()
    guest.user_id = os.urandom(12).hex()
    ok(add(guest, milk))
    guest.user_id = guest.user_id.upper()
    assert len(cart(guest)) == 1
    guest.user_id = f"Asha-{os.urandom(4).hex()}"
    ok(add(guest, milk))
    guest.user_id = guest.user_id.lower()
    assert cart(guest) == []


# ---- the body ----

def test_a_byte_order_mark_is_skipped(shopper, milk):
    body = json.dumps({"user_id": shopper.user_id, "product_id": milk["_id"], "quantity": 1}).encode()
    ok(shopper.post("/cart/add", data=BOM + body))
    for wrong in (BOM, BOM + BOM + body, BOM[:2] + body, b" " + BOM + body, body + BOM):
        answer = shopper.post("/cart/add", data=wrong)
        assert answer.status == 422, (wrong, answer)
    assert [line["quantity"] for line in cart(shopper)] == [1]


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "x-gzip", "identity, gzip", "nonsense"])
def test_a_coded_body_is_refused(shopper, milk, coding):
    body = json.dumps({"user_id": shopper.user_id, "product_id": milk["_id"], "quantity": 1}).encode()
    answer = shopper.post("/cart/add", data=gzip.compress(body),
                          headers=[("Content-Encoding", coding)])
    refused(answer, 415, "Unsupported media type")
    assert answer.header("Accept-Encoding") == "identity"
    ok(shopper.post("/cart/add", data=body, headers=[("Content-Encoding", "identity")]))


# ---- the token ----

@pytest.mark.parametrize("space", [" ", "  ", "      "])
def test_spaces_may_stand_before_a_token(shopper, space):
    ok(shopper.get("/profile", headers=[("Authorization", f"Bearer{space}{shopper.token}")]))


@pytest.mark.parametrize("space", ["", "\t", " \t", "\t "])
def test_other_white_space_before_a_token_is_refused(shopper, space):
    refused(shopper.get("/profile", headers=[("Authorization", f"Bearer{space}{shopper.token}")]),
            401, "Invalid token format")


# ---- numbers of other types in the database ----

@pytest.fixture
def prices(shop, rare):
    """Updates the stored price of a product, and restores it at the end."""
    with pymongo.MongoClient(shop.database) as client:
        products, one = client.product_db.products, {"_id": ObjectId(rare["_id"])}
        before = products.find_one(one)
        yield lambda update: products.update_one(one, update)
        products.update_one(one, {"$set": {name: before[name] for name in ("price", "stock", "name")}})
        wait_until(lambda: shop.guest().get(f"/products/{rare['_id']}").status == 200, 10, "the price is restored")


def costs(shop, product, price):
    answers = [shop.guest().get(f"/products/{product['_id']}") for _ in range(8)]
    return all(answer.status == 200 and answer.json()["price"] == price for answer in answers)


def test_a_price_stored_as_another_number_type_is_read(shop, shopper, rare, prices):
    paise = int(rare["price"] * 100)
    for update, wanted in (({"$mul": {"price": 2.0}}, 2 * paise),
                           ({"$set": {"price": paise + 6600.000000000001 - 6600}}, paise),
                           ({"$set": {"price": Decimal128(f"{paise}.00")}}, paise)):
        prices(update)
        rupees = wanted / 100
        wait_until(lambda p=rupees: costs(shop, rare, p), 10, f"{update} is read")
    add_when_available(shopper, rare, 2)
    assert ok(create(shopper))["total"] * 100 == 2 * paise


def unreadable(shop):
    text = shop.guest("internal").get("/metrics/product").text
    return sum(int(line.split()[-1]) for line in text.splitlines()
               if line.startswith("db_unreadable_documents_total"))


def test_an_unreadable_price_is_logged(shop, rare, prices):
    before = unreadable(shop)
    prices({"$set": {"price": 6649.5}})

    def named():
        return [line for line in shop.log_lines("product")
                if f'"document":"{rare["_id"]}","field":"price"' in line]

    assert json.loads(wait_until(named, 10, "it is logged")[0])["level"] == "error"
    wait_until(lambda: unreadable(shop) > before, 10, "it is counted")
    prices({"$set": {"price": Int64(int(rare["price"] * 100))}})
    wait_until(lambda: costs(shop, rare, rare["price"]), 10, "the price is restored")


@pytest.mark.parametrize("field, value", [("price", -100), ("price", 1e18), ("name", "Mi\u200blk"),
                                          ("name", "M" * 70_000)])
def test_only_a_product_beyond_the_limits_is_omitted(shop, shopper, milk, rare, prices, field, value):
    prices({"$set": {field: value}})
    wait_until(lambda: all(shop.guest().get(f"/products/{rare['_id']}").status == 404 for _ in range(8)),
               10, "it is left out")
    assert any(f'"document":"{rare["_id"]}","field":"{field}"' in line
               for line in shop.log_lines("product"))
    set_stock(shop, milk, 99_999)
    line_of(shopper, milk)
    wait_until(lambda: {cart(shopper)[0]["stock"] for _ in range(8)} == {99_999}, 10,
               "the cart knows another product's change")
    wait_until(lambda: all(add(shopper, rare).status == 404 for _ in range(8)), 10, "it is gone there")
    set_stock(shop, milk, 100_000)
    if value == -100:
        before = shop.all_workers("cart_order")
        for pid in before:
            kill(pid)
        wait_until(lambda: not {*before} & {*shop.all_workers("cart_order")} and all(
            add(shop.new_shopper(), milk).status == 200 for _ in range(4)), 20, "new workers are ready")


def test_a_cart_line_with_another_number_type_is_read(shop, shopper, milk):
    line = line_of(shopper, milk, 2)
    with pymongo.MongoClient(shop.database) as client:
        client.cart_db.cart_items.update_one(
            {"_id": ObjectId(line)}, {"$mul": {"quantity": 1.5}, "$set": {"price": 6000.0}})
    assert [line["quantity"] for line in cart(shopper)] == [3]
    ok(shopper.put(f"/cart/increase/{line}"))
    assert ok(create(shopper))["total"] == 240
    assert cart(shopper) == []


@pytest.mark.parametrize("change", [{"quantity": -3}, {"quantity": 0}, {"quantity": 200},
                                    {"quantity": 2.5}, {"quantity": "2"}, {"price": "60"}])
def test_a_damaged_cart_line_is_not_ordered_and_can_be_removed(shop, shopper, milk, rare, change):
    damaged, sound = line_of(shopper, milk, 2), line_of(shopper, rare)
    with pymongo.MongoClient(shop.database) as client:
        client.cart_db.cart_items.update_one({"_id": ObjectId(damaged)}, {"$set": change})
    readable = isinstance(change.get("quantity"), int)
    assert [line["_id"] for line in cart(shopper)] == [damaged] * readable + [sound]
    if readable:
        ok(shopper.delete(f"/cart/remove/{damaged}"))
    assert ok(create(shopper))["total"] == rare["price"]
    if not readable:
        assert create(shopper).json()["detail"] == "Cart is empty"
        ok(shopper.delete(f"/cart/remove/{damaged}"))


# ---- ignored headers ----

def test_a_content_encoding_without_a_body_is_ignored(shop, guest):
    ok(guest.get("/products?limit=1", headers=[("Content-Encoding", "gzip")]))
    client_error(send_raw(shop.ports["gateway"], b"POST /login HTTP/1.1\r\nHost: x\r\n"
                          b"Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"
                          b"Content-Length: 2\r\n\r\n{}", "POST"))
