"""Internal calls and probes use no resource that clients can exhaust."""

import contextlib
import http.client
import signal
import socket
from pathlib import Path

import pytest

from checks import ok
from instance import comm, descendants, freeze, kill, wait_until

PROBES = 400  # more than the burst of any client


def workers(system, program):
    """The worker processes of an nginx; its master is their parent."""
    master = system.pid(program)
    return sorted(pid for pid in descendants(master) if comm(pid) == "nginx" and
                  b"worker process" in Path(f"/proc/{pid}/cmdline").read_bytes())


@pytest.fixture
def frozen_gateway(spare):
    """A system whose gateway is frozen, like one whose connections are all in use."""
    pids = workers(spare, "nginx")
    try:
        for pid in pids:
            freeze(pid)
        yield spare
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                kill(pid, signal.SIGCONT)


def test_internal_calls_succeed_while_the_gateway_is_frozen(frozen_gateway):
    pools = ok(frozen_gateway.guest("internal").get("/status"))["pools"]
    assert {pool["status"] for pool in pools.values()} == {"ready"}


def test_internal_calls_are_served_by_another_nginx(spare):
    internal_client = workers(spare, "internal")
    assert len(internal_client) == 2 and not set(internal_client) & set(workers(spare, "nginx"))


def test_internal_calls_survive_a_killed_nginx_worker(spare):
    victim = workers(spare, "internal")[0]
    kill(victim)
    wait_until(lambda: len(workers(spare, "internal")) == 2 and victim not in workers(spare, "internal"),
               10, "another worker")
    assert ok(spare.guest("internal").get("/status"))["pools"]


def test_probes_and_gateway_metrics_are_not_rate_limited(spare):
    """They use a separate socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(20)
        sock.connect(str(spare.run_dir / "sock" / "web" / "status.sock"))
        for number in range(PROBES):
            path = ("/healthz", "/metrics")[number % 2]
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: status\r\n\r\n".encode())
            answer = http.client.HTTPResponse(sock)
            answer.begin()
            text = answer.read().decode()
            assert answer.status == 200, (number, answer.status, text)
    assert "nginx_connections_active" in text
    assert ok(spare.guest("internal").get("/healthz")) == {"status": "ok"}
    assert "nginx_connections_active" in spare.guest("internal").get("/metrics/gateway").text
