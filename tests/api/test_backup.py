"""Backup of the databases of a running shop, and restore."""

import concurrent.futures
import fcntl
import os
import shutil
import subprocess

import bson
import pytest

import services
from checks import ok
from instance import BINARIES, POOLS, ROOT, wait_until
from journey import add, create, one_order, ordered, set_stock, wait_for_delivery_record

BINARY_FOLDER = os.environ.get("BIN_DIR", BINARIES)
STOCK = 10_000
DATABASES = tuple(sorted(services.column("database").values()))


@pytest.fixture
def folder(tmp_path):
    yield tmp_path / "backup"
    shutil.rmtree(tmp_path, ignore_errors=True)


def backup_script(shop, *words, **env):
    return subprocess.run(["bash", ROOT / "run" / "backup.sh", *map(str, words)], cwd=ROOT,
                          env={**{k: v for k, v in shop.env.items() if k != "MONGODB_URI"}, **env},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=120, check=False)


def make_backup(shop, folder):
    done = backup_script(shop, "backup", folder)
    assert done.returncode == 0, done.stdout


def restore_backup(shop, folder):
    done = backup_script(shop, "restore", folder)
    assert done.returncode == 0, done.stdout
    wait_until(lambda: shop.guest().get("/readyz").status == 200, 30, "the shop is ready again")


def test_a_restore_brings_back_the_state_of_the_backup(spare_scene, spare, milk, folder):
    del spare_scene
    early = spare.new_shopper()
    kept = ordered(early, milk)
    wait_for_delivery_record(early, kept)
    ok(add(early, milk, 3))
    make_backup(spare, folder)
    late = spare.new_shopper()
    lost = ordered(late, milk)
    ok(create(early))
    restore_backup(spare, folder)
    # The state is that of the backup.
    assert ok(one_order(early, kept))["status"] == "PLACED"
    assert len(ok(early.get(f"/orders/{early.user_id}"))) == 1
    assert [line["quantity"] for line in ok(early.get(f"/cart/{early.user_id}"))] == [3]
    assert one_order(late, lost).status == 404
    assert spare.guest().post("/login", {"email": late.email,
                                         "password": late.password}).status == 401
    # The shop works, and its indexes exist.
    wait_for_delivery_record(early, ok(create(early))["order_id"])
    assert spare.guest().post("/register", {"name": "x", "email": early.email, "otp": "1234",
                                            "password": early.password}).status == 400


def test_a_backup_under_load_is_consistent(spare_scene, spare, milk, folder):
    del spare_scene
    shoppers = [spare.new_shopper() for _ in range(6)]
    set_stock(spare, milk, STOCK)
    known = {shopper.user_id for shopper in shoppers}

    def create_orders(shopper):
        return [ordered(shopper, milk) for _ in range(8)]

    with concurrent.futures.ThreadPoolExecutor(len(shoppers)) as threads:
        running = [threads.submit(create_orders, shopper) for shopper in shoppers]
        make_backup(spare, folder)
        for done in running:
            done.result()
    # The units sold and the stock add up to the initial stock.
    orders = read(folder, "cart_db", "orders")
    made = {order["_id"] for order in orders}
    sold = sum(order["items"][0]["quantity"] for order in orders if order["user_id"] in known)
    (left,) = [one for one in read(folder, "product_db", "products") if str(one["_id"]) == milk["_id"]]
    held = sum(hold["quantity"] for hold in left.get("holds", []) if hold["order_id"] not in made)
    assert left["stock"] + held + sold == STOCK
    restore_backup(spare, folder)
    for shopper in shoppers:
        # Delivery has each order of that moment, or gets it later.
        for order in ok(shopper.get(f"/orders/{shopper.user_id}?limit=100")):
            wait_for_delivery_record(shopper, order["_id"])


def read(folder, database, collection):
    """The documents of a backup's file."""
    return bson.decode_all((folder / database / f"{collection}.bson").read_bytes())


def damaged_copy(folder, copy, damage):
    """A damaged copy of a backup."""
    shutil.copytree(folder, copy)
    orders = copy / "cart_db" / "orders.bson"
    whole = orders.read_bytes()
    if damage == "no manifest":
        (copy / "MANIFEST").unlink()
    elif damage == "no database":
        shutil.rmtree(copy / "user_db")
    elif damage == "no collection":
        orders.unlink()
    elif damage == "empty":
        orders.write_bytes(b"")
    else:
        orders.write_bytes(whole[:-7] if damage == "cut" else whole + b"\x05\0\0\0x")
    return copy


def test_an_incomplete_backup_is_refused_before_any_change(spare_scene, spare, milk, folder):
    del spare_scene
    shopper = spare.new_shopper()
    order_id = ordered(shopper, milk)
    make_backup(spare, folder)
    processes = {pool: spare.workers(pool) for pool in POOLS}
    for damage in ("cut", "garbage", "empty", "no collection", "no database", "no manifest"):
        copy = damaged_copy(folder, folder.with_name(damage), damage)
        done = subprocess.run([f"{BINARY_FOLDER}/seed", "--restore", copy], check=False,
                              env={**os.environ, "MONGODB_URI": spare.database})
        assert done.returncode == 1, damage
        done = backup_script(spare, "restore", copy)
        assert done.returncode == 1 and "is not a complete backup: nothing was changed" in done.stdout, done.stdout
        assert str(copy) in done.stdout and "Validation error" not in done.stdout, done.stdout
        assert ok(one_order(shopper, order_id))["_id"] == order_id
    assert {pool: spare.workers(pool) for pool in POOLS} == processes


def test_a_restore_that_fails_before_writing_restarts_the_pools(spare_scene, spare, milk, folder):
    del spare_scene
    shopper = spare.new_shopper()
    order_id = ordered(shopper, milk)
    make_backup(spare, folder)
    # A seed program changes the files after their check.
    seeds = folder.with_name("bin")
    seeds.mkdir()
    (seeds / "seed").write_text(f'''#!/bin/bash
[[ $1 != --restore ]] || rm "$2/MANIFEST"
exec "{BINARY_FOLDER}/seed" "$@"
''')
    (seeds / "seed").chmod(0o755)
    done = backup_script(spare, "restore", folder, BIN_DIR=str(seeds))
    assert done.returncode == 1 and "nothing was changed" in done.stdout, done.stdout
    assert ok(one_order(shopper, order_id))["_id"] == order_id


def stopped(shop):
    return [line for line in shop.supervisor("status").splitlines() if line.split()[1] == "STOPPED"]


def test_make_up_reports_a_half_finished_restore(spare_scene, spare, folder):
    del spare_scene
    make_backup(spare, folder)
    seeds = folder.with_name("bin")
    seeds.mkdir()
    (seeds / "seed").write_text(f'''#!/bin/bash
[[ $1 != --restore ]] || exit 3
exec "{BINARY_FOLDER}/seed" "$@"
''')
    (seeds / "seed").chmod(0o755)
    try:
        done = backup_script(spare, "restore", folder, BIN_DIR=str(seeds))
        assert done.returncode == 1 and "the pools stay stopped" in done.stdout, done.stdout
        assert len(stopped(spare)) == len(POOLS)
        done = spare.script("up")
        assert done.returncode == 1 and all(pool in done.stdout for pool in POOLS), done.stdout
        assert "restore" in done.stdout and "make down" in done.stdout, done.stdout
    finally:
        restore_backup(spare, folder)
    assert not stopped(spare)
    assert spare.script("up").returncode == 0


def test_a_restore_waits_for_another_command_on_the_instance(spare, tmp_path):
    (tmp_path / "empty").mkdir()
    with open(spare.run_dir / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with subprocess.Popen(["bash", ROOT / "run" / "backup.sh", "restore", tmp_path / "empty"],
                              env={k: v for k, v in spare.env.items() if k != "MONGODB_URI"}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as restore:
            try:
                assert "waiting for another command" in restore.stdout.readline()
                fcntl.flock(lock, fcntl.LOCK_UN)
                assert "not a complete backup" in restore.communicate(timeout=60)[0]
            finally:
                restore.kill()


def test_a_backup_is_private_and_never_overwritten(spare_scene, spare, folder):
    del spare_scene
    make_backup(spare, folder)
    assert sorted(os.listdir(folder)) == ["MANIFEST", *sorted(DATABASES)]
    for path in (folder, *folder.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
    again = backup_script(spare, "backup", folder)
    assert again.returncode and "is there already" in again.stdout and "Server Error" not in again.stdout, again.stdout
    assert not list(folder.parent.glob("*.unfinished"))
    make_backup(spare, folder / "a folder" / "that isn't there yet")


def test_a_call_without_a_folder_prints_the_make_command():
    done = subprocess.run(["make", "-s", "restore"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={k: v for k, v in os.environ.items() if k != "FROM"}, text=True, timeout=20, check=False)
    assert done.returncode and "make restore FROM=" in done.stdout and "backup.sh" not in done.stdout, done.stdout
