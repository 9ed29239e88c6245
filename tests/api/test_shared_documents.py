"""Calls of one user do not change shared documents of products permanently."""

from datetime import datetime, timedelta, timezone

import bson
import pymongo
import pytest
from bson import ObjectId

from checks import ok, refused
from instance import wait_until
from journey import add, cancel, create, ordered, set_stock, stock_of

ROUNDS = 40
TOMBSTONES = 100  # of a product at most


@pytest.fixture
def database(shop):
    with pymongo.MongoClient(shop.database) as client:
        yield client


def document(database, product):
    return database["product_db"]["products"].find_one({"_id": ObjectId(product["_id"])})


def size(database, product):
    return len(bson.encode(document(database, product)))


def is_idle(database, shopper, *products):
    """Whether the products have no reservation and the shopper has no checkout left."""
    return (database["cart_db"]["checkouts"].count_documents({"user_id": shopper.user_id}) == 0
            and not any(document(database, product).get("holds") for product in products))


def test_refused_totals_write_nothing(shop, shopper, rarities, database):
    products = [next(rarities), next(rarities)]
    for product in products:
        set_stock(shop, product, 50)
        ok(add(shopper, product, 2))
    before = [document(database, product) for product in products]
    for _ in range(ROUNDS):
        refused(create(shopper, 1), 409, "Total changed")
        assert [document(database, product) for product in products] == before
    assert is_idle(database, shopper, *products)


def test_cancelled_orders_leave_no_data_in_products(shop, shopper, rarities, database):
    products = [next(rarities), next(rarities)]
    for product in products:
        set_stock(shop, product, 50)
        ok(add(shopper, product))
    ok(cancel(shopper, ok(create(shopper))["order_id"]))
    wait_until(lambda: is_idle(database, shopper, *products), 20, "the first checkout is completed")
    before = [size(database, product) for product in products]
    for _ in range(ROUNDS):
        for product in products:
            ok(add(shopper, product))
        ok(cancel(shopper, ok(create(shopper))["order_id"]))
    wait_until(lambda: is_idle(database, shopper, *products), 20, "the checkouts are completed")
    assert [size(database, product) for product in products] == before
    for product in products:
        assert document(database, product)["stock"] == 50


def fill_with_tombstones(database, product):
    now = datetime.now(timezone.utc)
    database["product_db"]["products"].update_one({"_id": ObjectId(product["_id"])}, {"$set": {
        "holds": [{"order_id": ObjectId(), "quantity": bson.Int64(0), "at": now,
                   "until": now + timedelta(minutes=10)} for _ in range(TOMBSTONES)]}})


def test_only_the_return_to_a_full_product_waits(shop, shopper, rarities, database):
    full, free = next(rarities), next(rarities)
    for product in (full, free):
        set_stock(shop, product, 50)
    waiting = ordered(shopper, full, 3)
    other = shop.new_shopper()
    wait_until(lambda: is_idle(database, shopper, full), 20, "the checkout is completed")
    fill_with_tombstones(database, full)
    ok(cancel(shopper, waiting))
    # Others order it, and their cancelled orders of other products are returned at once.
    ordered(other, full, 1)
    ok(cancel(other, ordered(other, free, 4)))
    wait_until(lambda: document(database, free)["stock"] == 50, 5, "it is returned")
    left = [hold for hold in document(database, full)["holds"] if hold["quantity"] == 0]
    assert len(left) == TOMBSTONES and document(database, full)["stock"] == 46
    database["product_db"]["products"].update_one(
        {"_id": ObjectId(full["_id"])}, {"$pull": {"holds": {"quantity": 0}}})
    wait_until(lambda: document(database, full)["stock"] == 49, 20, "it is returned, once")
    wait_until(lambda: all(is_idle(database, user, full, free) for user in (shopper, other)), 20,
               "the checkouts are completed")
    assert document(database, full)["stock"] == 49
    wait_until(lambda: stock_of(shop, full) == 49, 5, "the catalogue shows it")
