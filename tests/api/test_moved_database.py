"""A local run's database is found again, whatever became of the address that it had at the last start."""

import shutil
import signal
import socket
import subprocess

import pytest

from checks import ok
from instance import ROOT, Shop, kill, remove_data, wait_until
from journey import ordered, orders


@pytest.fixture
def buyer(spare):
    """A shopper with an order, of a system that runs again after the test."""
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
    """The same account, at this system, still has its order and makes another."""
    client = system.login(shopper.email, shopper.password)
    assert shopper.order in [order["_id"] for order in ok(orders(client))]
    ordered(client, ok(client.get("/products?limit=1"))[0])


def kept_port(system):
    return int((system.run_dir / "mongo_port").read_text())


def test_a_start_finds_its_data_when_another_program_has_the_database_port(spare, buyer):
    ends(spare)
    before = kept_port(spare)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", before))
        starts(spare)
        has_order(spare, buyer)
        assert kept_port(spare) != before
    ends(spare)
    starts(spare)
    has_order(spare, buyer)


def test_a_start_waits_for_the_programs_that_outlive_a_killed_supervisor(spare, buyer):
    before = kept_port(spare)
    mongod = spare.pid("mongod")
    supervisor = spare.supervisor_pid()
    kill(mongod, signal.SIGSTOP)
    kill(supervisor)
    assert "waiting for what an earlier run left behind to end" in starts(spare)
    assert kept_port(spare) == before
    has_order(spare, buyer)


def test_a_copy_of_a_run_folder_runs_beside_the_original(spare, buyer):
    ends(spare)
    copy = Shop("copy")
    shutil.rmtree(copy.run_dir, ignore_errors=True)
    shutil.copytree(spare.run_dir, copy.run_dir, ignore=shutil.ignore_patterns("tmp", "lock"))
    try:
        starts(spare)
        starts(copy)
        for system in (spare, copy):
            has_order(system, buyer)
    finally:
        ends(copy)
        shutil.rmtree(copy.run_dir)
    has_order(spare, buyer)
