"""The status page of the pools, and the readiness of one process."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from checks import ok
from fastcgi import Call
from instance import BINARIES, POOLS, wait_until
from journey import stopped_pool
from service_facts import FACTS

BINARY_FOLDER = os.environ.get("BIN_DIR", BINARIES)
# While the database is stopped. The ready pools have their data in memory.
WITHOUT_DATABASE = {pool: "ready" if facts.ready_alone else "unavailable" for pool, facts in FACTS.items()}


def status(shop):
    return ok(shop.guest("internal").get("/status"))


def test_each_pool_is_shown(shop):
    shown = status(shop)
    assert shown["status"] == "ready" and shown["pools"].keys() == set(POOLS)
    for name, pool in shown["pools"].items():
        assert pool["status"] == "ready" and pool["database"] == "up", (name, pool)
        assert pool["processes"] == 2 and 0 < pool["busy"] <= pool["threads"], (name, pool)
        assert re.fullmatch("[0-9A-Za-z._-]+", pool["version"]) and pool["seconds"] >= 0
    assert len({pool["version"] for pool in shown["pools"].values()}) == 1


def test_a_stopped_pool_is_shown(spare_scene, spare):
    del spare_scene
    with stopped_pool(spare, "delivery"):
        shown = status(spare)
        assert shown["status"] == "unavailable"
        assert shown["pools"].pop("delivery") == {"status": "unavailable"}
        assert all(pool["status"] == "ready" for pool in shown["pools"].values())


def shows_no_database(spare, name, word):
    """Whether all three pages of a pool show it. Each process detects it separately, some seconds apart."""
    ready = spare.guest(name).get("/readyz").status == 200
    counted = spare.guest("internal").get(f"/metrics/{name}").text
    return (status(spare)["pools"][name].get("database") == "down" and ready == (word == "ready")
            and "\ndatabase_up 0\n" in counted)


def test_without_the_database_the_pools_that_need_it_are_not_ready(spare_scene, spare):
    del spare_scene
    spare.supervisor("stop", "mongod")
    try:
        wait_until(lambda: {n: p["status"] for n, p in status(spare)["pools"].items()}
                   == WITHOUT_DATABASE, 15, "unready")
        for name, word in WITHOUT_DATABASE.items():
            wait_until(lambda: shows_no_database(spare, name, word), 15, f"{name} shows it")
            assert ok(spare.guest(name).get("/healthz")) == {"status": "ok"}
    finally:
        spare.supervisor("start", "mongod")
    wait_until(lambda: status(spare)["status"] == "ready", 30, "all pools are ready again")


@pytest.fixture
def lone_worker(shop, tmp_path):
    """A worker of the user service on its own socket, outside the pool."""
    address = tmp_path / "worker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen(16)
        with open(tmp_path / "log", "w", encoding="ascii") as output:
            process = subprocess.Popen(
                [f"{BINARY_FOLDER}/user"], stdin=listener, stderr=output,
                env={**os.environ, "MONGODB_URI": shop.database, "JWT_SECRET": "x" * 32,
                     "SERVICE_SECRET": "y" * 32,
                     "THREADS": "4", "MONGOC_DISABLE_SHM": "1"})
    log = tmp_path / "log"
    wait_until(lambda: "service.started" in log.read_text(), 10, "it serves")
    yield process, address, log
    if process.poll() is None:
        process.kill()
        process.wait()


def accepted(process, address):
    """The number of connections that it has accepted at its socket."""
    ends = {line.split()[6] for line in Path("/proc/net/unix").read_text().splitlines()
            if line.endswith(f" {address}")}
    held = set()
    for entry in os.scandir(f"/proc/{process.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # it was closed meanwhile
            held.add(os.readlink(entry.path).removeprefix("socket:[").removesuffix("]"))
    return len(ends & held) - 1  # one listens


def test_a_draining_worker_is_alive_and_not_ready(lone_worker):
    process, address, log = lone_worker
    assert Call("/readyz", address).finish()[0] == 200
    wait_until(lambda: accepted(process, address) == 0, 10, "that call's connection is closed")
    ready, lives = Call("/readyz", address), Call("/healthz", address)
    shown = Call("/internal/status", address)
    wait_until(lambda: accepted(process, address) == 3, 10, "threads have accepted them")
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: "service.draining" in log.read_text(), 10, "it drains")
    code, body = ready.finish()
    assert code == 503 and json.loads(body)["code"] == "service_temporarily_unavailable"
    assert lives.finish() == (200, '{"status":"ok"}')
    assert shown.finish()[0] == 404  # no details without the internal listener
    assert process.wait(10) == 0
