"""A local run finds its database, even if the port of the last start is in use."""

import fcntl
import shutil
import signal
import socket
import subprocess

import pytest

from checks import ok
from instance import ROOT, Shop, kill
from journey import ordered, orders

pytestmark = pytest.mark.once  # tests of the scripts, which are the same for each build


@pytest.fixture
def buyer(spare):
    """A shopper with an order; the system is started again after the test."""
    shopper = spare.new_shopper()
    shopper.order = ordered(shopper, ok(shopper.get("/products?limit=1"))[0])
    yield shopper
    starts(spare)


def starts(system):
    result = system.script("up")
    assert result.returncode == 0, f"{result.stdout}\n{system.log_tail()}"
    return result.stdout


def ends(system):
    result = system.script("down")
    assert result.returncode == 0, result.stdout


def has_order(system, shopper):
    """Asserts that the same account has its order at this system and creates another."""
    client = system.login(shopper.email, shopper.password)
    assert shopper.order in [order["_id"] for order in ok(orders(client))]
    ordered(client, ok(client.get("/products?limit=1"))[0])


def kept_port(system):
    return int((system.run_dir / "mongo_port").read_text())


def test_a_start_and_a_copy_find_their_data_when_another_program_has_the_port(spare, buyer):
    ends(spare)
    before = kept_port(spare)
    copy = Shop("copy")
    shutil.rmtree(copy.run_dir, ignore_errors=True)
    shutil.copytree(spare.run_dir, copy.run_dir, ignore=shutil.ignore_patterns("tmp", "lock"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", before))
        starts(spare)
        try:
            starts(copy)
            for system in (spare, copy):
                has_order(system, buyer)
                assert kept_port(system) != before
        finally:
            ends(copy)
            shutil.rmtree(copy.run_dir)
    has_order(spare, buyer)


def test_a_start_waits_for_programs_that_outlive_a_killed_supervisor(spare, buyer):
    before = kept_port(spare)
    mongod = spare.pid("mongod")
    supervisor = spare.supervisor_pid()
    # It ends a little after the killed supervisor, when the next start has begun.
    kill(mongod, signal.SIGSTOP)
    kill(supervisor)
    starts(spare)
    assert kept_port(spare) == before
    has_order(spare, buyer)


def test_a_database_in_use_by_another_program_is_reported(spare, buyer):
    ends(spare)
    with open(spare.run_dir / "mongo" / "mongod.lock", "r+", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = spare.script("up")
    assert result.returncode == 1, result.stdout
    assert f"another program has the database in {spare.run_dir}/mongo open" in result.stdout
    starts(spare)
    has_order(spare, buyer)


@pytest.fixture
def copied(tmp_path):
    """A run folder that was copied while the shop in the original ran."""
    original, copy, sockets = (tmp_path / name for name in ("original", "copy", "shop.abcdefgh"))
    for folder in (original, copy, sockets):
        folder.mkdir(mode=0o700)
    (sockets / "run_dir").write_text(f"{original}\n")
    for folder in (original, copy):
        (folder / "socket_dir").write_text(f"{sockets}\n")
        (folder / "env").write_text(f"MONGODB_URI=mongodb://127.0.0.1:1/?replicaSet=rs0\nRUN_DIR={original}\n")
    return original, copy, sockets


def test_a_copy_does_not_change_the_sockets_of_the_original(copied):
    original, copy, sockets = copied
    ends(Shop("copied", RUN_DIR=str(copy)))
    assert sockets.is_dir()
    ends(Shop("copied", RUN_DIR=str(original)))
    assert not sockets.exists()


def test_a_copy_is_not_restored_into_the_database_of_the_original(copied):
    _, copy, _ = copied
    result = subprocess.run(["bash", ROOT / "run" / "backup.sh", "restore", copy], text=True, timeout=60,
                            env={**Shop("copied").env, "RUN_DIR": str(copy)}, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert result.returncode == 1, result.stdout
    assert f"no shop is running in {copy}" in result.stdout
