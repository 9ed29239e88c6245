"""Documents of older versions are readable after the migrations of the seed program."""

import contextlib
import datetime
import os
import signal
import subprocess
from pathlib import Path

import bson
import pymongo
import pytest
from bson import json_util

from checks import ok, refused
from instance import wait_until
from journey import add, cart, create, one_order, orders, pages, stock_of, wait_for_delivery_record
from test_backup import BINARY_FOLDER, DATABASES, restore_backup, make_backup
from test_metrics import grown, watch

OLD_DATA = Path(__file__).parent / "old_data"
PASSWORD = "a-long-password"
JACKFRUIT = "66500000000000000000ffff"  # a product that is in no catalogue file
ATTEMPTS = "2026-11-login-attempts"
MANY = 30_000
UTC = datetime.timezone.utc


@contextlib.contextmanager
def database(shop, name):
    with pymongo.MongoClient(shop.database, tz_aware=True) as client:
        yield client[name]


def start_seed(shop):
    return subprocess.Popen([f"{BINARY_FOLDER}/seed"], text=True, env={
        **os.environ, "MONGODB_URI": shop.database, "SEED_DEMO": "on"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def end_of(seed):
    """(exit status, output)"""
    output = seed.communicate(timeout=100)[0]
    return seed.returncode, output


def seeded(shop):
    code, output = end_of(start_seed(shop))
    assert code == 0, output
    return output


def write_backup(version, folder):
    """A backup as `make backup` of that version writes it, with its integer types."""
    def whole(value):
        if isinstance(value, dict):
            return {name: whole(one) for name, one in value.items()}
        if isinstance(value, list):
            return [whole(one) for one in value]
        return bson.Int64(value) if type(value) is int else value  # bool is a subclass of int

    collections = json_util.loads((OLD_DATA / f"{version}.json").read_text())
    lines = []
    for name in DATABASES:
        (folder / name).mkdir(parents=True)
    for name, documents in collections.items():
        path = folder / (name.replace(".", "/", 1) + ".bson")
        path.write_bytes(b"".join(bson.encode(whole(one)) for one in documents))
        lines.append(f"{path.relative_to(folder)}\t{path.stat().st_size}\n")
    (folder / "MANIFEST").write_text("".join(lines))


# ---- data of older versions ----

@pytest.fixture(scope="module", params=["2026-11-22", "2026-11-23"])
def old(request, spare, tmp_path_factory):
    """The spare system with the documents of an older version."""
    folder = tmp_path_factory.mktemp("old") / "backup"
    write_backup(request.param, folder)
    restore_backup(spare, folder)
    return spare


@pytest.fixture(scope="module")
def asha(old):
    """A shopper who signed up with the older version."""
    return old.login("asha@example.com", PASSWORD)


def test_orders_of_an_older_version_are_listed(old, asha):
    listed = ok(orders(asha))
    assert [order["total"] for order in listed] == [480, 480, 360, 240, 120]
    for order in listed:
        wait_for_delivery_record(asha, order["_id"])
        found = ok(one_order(asha, order["_id"]))
        assert found["total"] == order["total"]
        # From the first state to the present one, each with a time.
        assert [found["history"][0]["status"], found["history"][-1]["status"]] == [
            "PLACED", found["status"]]
        assert all(change["at"] and change["by"] for change in found["history"])
    # One order was waiting for its dispatch.
    assert [ok(one_order(asha, order["_id"]))["status"] for order in listed] == [
        "PLACED", "DELIVERED", "OUT_FOR_DELIVERY", "PACKED", "PLACED"]
    with database(old, "cart_db") as db:
        wait_until(lambda: db.checkouts.count_documents({}) == 0, 15, "all orders are dispatched")


def test_the_staff_list_contains_older_deliveries(old, asha):
    under_way = {order["_id"] for order in ok(orders(asha))
                 if ok(one_order(asha, order["_id"]))["status"] != "DELIVERED"}
    listed = pages(old.login("courier@example.com", "demo-password"), "/deliveries?limit=1")
    assert {one["order_id"] for page in listed for one in page} == under_way
    with database(old, "delivery_db") as db:
        # The simulation would find them.
        assert db.order_status.count_documents({"due": {"$exists": True}}) == len(under_way)


def test_older_products_are_sold_once_they_have_stock(old, asha):
    apple = next(p for p in ok(old.guest().get("/products")) if p["name"] == "Apple 1kg")
    assert stock_of(old, apple) > 0
    assert [(line["name"], line["quantity"]) for line in cart(asha)] == [("Robusta Banana", 2)]
    ok(add(asha, apple))
    ok(create(asha))
    with database(old, "product_db") as db:
        jackfruit = db.products.find_one({"_id": bson.ObjectId(JACKFRUIT)})
        assert db.products.count_documents({"stock": {"$exists": False}}) == 0
    if jackfruit:
        assert stock_of(old, {"_id": JACKFRUIT}) == 0 == jackfruit["stock"]
        refused(add(asha, JACKFRUIT), 409, "Product not available")
        ok(old.login("admin@example.com", "demo-password").put(
            f"/products/{JACKFRUIT}/stock", json_body={"stock": 5}))
        wait_until(lambda: add(asha, JACKFRUIT).status == 200, 10, "it can be bought")


def test_older_login_counters_get_an_expiry(old):
    with database(old, "user_db") as db:
        assert db.login_attempts.count_documents({"until": {"$exists": False}}) == 0


def test_applied_migrations_are_recorded_and_backed_up(old, tmp_path):
    output = seeded(old)
    assert "migrations" not in output  # no migration is left
    make_backup(old, tmp_path / "backup")
    for name in DATABASES:
        records = bson.decode_all((tmp_path / "backup" / name / "migrations.bson").read_bytes())
        assert records and all("finished_at" in record for record in records), records
        assert not [record for record in records if record["left"]], records


# ---- interruptions ----

@pytest.fixture
def many_attempts(spare):
    """Documents to migrate, which no service reads: they expire after an hour."""
    at = datetime.datetime.now(UTC) + datetime.timedelta(hours=1)
    with database(spare, "user_db") as db:
        db.login_attempts.insert_many([{"_id": f"{n} old@example.com", "n": 1, "at": at}
                                       for n in range(MANY)], ordered=False)
        db.migrations.delete_one({"_id": ATTEMPTS})
        yield db
        db.login_attempts.delete_many({"_id": {"$regex": " old@example.com$"}})


def without_until(db):
    return db.login_attempts.count_documents({"until": {"$exists": False}})


def test_a_killed_migration_is_resumed_by_one_of_two_processes(spare_scene, spare, many_attempts):
    del spare_scene
    db = many_attempts
    seed = start_seed(spare)
    wait_until(lambda: db.migrations.find_one({"_id": ATTEMPTS, "cursor": {"$exists": True}}), 30,
               "a chunk is done")
    seed.send_signal(signal.SIGKILL)
    assert end_of(seed)[0] == -signal.SIGKILL
    record = db.migrations.find_one({"_id": ATTEMPTS})
    assert "finished_at" not in record and 0 < record["seen"] < MANY
    assert without_until(db) > 0
    # Its lease expires a moment later.
    soon = datetime.datetime.now(UTC) + datetime.timedelta(seconds=1)
    assert db.migrations.update_one({"_id": "lock"}, {"$set": {"expires": soon}}).matched_count
    seeds = [start_seed(spare) for _ in range(2)]
    ends = [end_of(seed) for seed in seeds]
    assert [code for code, _ in ends] == [0, 0], ends
    assert sum("migrations of user_db" in output for _, output in ends) == 1, ends
    assert without_until(db) == 0
    record = db.migrations.find_one({"_id": ATTEMPTS})
    # Each once, and some of other tests; the chunk in progress possibly twice.
    assert MANY <= record["seen"] < MANY + 300
    assert "finished_at" in record and "cursor" not in record
    assert db.migrations.find_one({"_id": "lock"}) is None


def test_no_migration_is_applied_after_a_failed_one(spare_scene, spare):
    del spare_scene
    attempt = {"_id": "secret-user@example.com", "n": 1, "at": datetime.datetime.now(UTC)}
    with database(spare, "user_db") as db, database(spare, "delivery_db") as later:
        db.migrations.delete_one({"_id": ATTEMPTS})
        later.migrations.delete_many({})
        db.login_attempts.insert_one(attempt)
        # The server refuses the migrated document.
        db.command("collMod", "login_attempts", validator={"$or": [
            {"_id": {"$ne": attempt["_id"]}}, {"until": {"$exists": False}}]})
        try:
            code, output = end_of(start_seed(spare))
        finally:
            db.command("collMod", "login_attempts", validator={})
        assert code == 1
        assert f'"migration.failed","id":"{ATTEMPTS}"' in output and "secret-user" not in output
        record = db.migrations.find_one({"_id": ATTEMPTS})
        assert record["failure"] and record["failed_at"] and "finished_at" not in record
        assert later.migrations.count_documents({}) == 0
        seeded(spare)
        record = db.migrations.find_one({"_id": ATTEMPTS})
        assert "finished_at" in record and "failure" not in record
        assert later.migrations.count_documents({}) > 0
        db.login_attempts.delete_one({"_id": attempt["_id"]})


def test_an_older_seed_ignores_migrations_of_a_newer_version(spare):
    with database(spare, "user_db") as db:
        db.migrations.insert_one({"_id": "2099-01-later", "finished_at": datetime.datetime.now(UTC)})
        try:
            output = seeded(spare)
        finally:
            db.migrations.delete_one({"_id": "2099-01-later"})
    assert '"msg":"migration.unknown","id":"2099-01-later"' in output


# ---- unreadable documents ----

def test_an_unreadable_order_hides_no_other(spare_scene, spare, milk):
    del spare_scene
    shopper = spare.new_shopper()
    made = []
    for _ in range(3):
        ok(add(shopper, milk))
        made.insert(0, ok(create(shopper))["order_id"])
    before = watch(spare, "cart_order")
    with database(spare, "cart_db") as db:
        db.orders.update_one({"_id": bson.ObjectId(made[1])}, {"$unset": {"total": 1}})
        try:
            listed = pages(shopper, f"/orders/{shopper.user_id}?limit=1")
            assert [order["_id"] for page in listed for order in page] == [made[0], made[2]]
        finally:
            db.orders.update_one({"_id": bson.ObjectId(made[1])}, {"$set": {"total": 6000}})
    assert grown(spare, "cart_order", "db_unreadable_documents_total", before) > 0
    lines = [line for line in spare.log_lines("cart_order") if "document.unreadable" in line]
    assert any(made[1] in line and '"field":"total"' in line for line in lines), lines
    assert len(ok(orders(shopper))) == 3
