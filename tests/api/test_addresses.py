"""BIND, a list of addresses: 127.0.0.1 and, where the machine has it, ::1."""

import errno
import os
import socket
import subprocess
import sys

import pytest

import ports
from checks import ok, refused
from client import LOOPBACK_6, Client
from internal_client import InternalClient
from instance import LISTENERS, ROOT, choose_ports, wait_until
from journey import ordered, status
from test_running import run_up
from subscribers import Subscriber

FAMILIES = ("127.0.0.1", LOOPBACK_6)
NO_IPV6 = """
ip link set lo up
echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
exec "$@"
"""

has_ipv6 = ports.problem(LOOPBACK_6, 0) is None
needs_ipv6 = pytest.mark.skipif(not has_ipv6, reason="this machine has no IPv6")


@pytest.fixture
def ipv6_shopper(spare):
    """A new shopper who reaches the shop at ::1 only."""
    shopper = spare.new_shopper()
    client = Client(spare.ports, address=LOOPBACK_6)
    client.email, client.password = shopper.email, shopper.password
    return client


@needs_ipv6
@pytest.mark.parametrize("listener", LISTENERS)
def test_each_listener_answers_at_each_loopback_address(spare, listener):
    path = "/healthz" if listener in ("gateway", "internal") else "/health"
    for address in FAMILIES:
        assert ok(Client(spare.ports, listener=listener, address=address).get(path))["status"]


@needs_ipv6
def test_an_ipv6_only_client_orders_and_follows_the_order(spare, ipv6_shopper, milk):
    known = ok(ipv6_shopper.post("/login", {"email": ipv6_shopper.email, "password": ipv6_shopper.password}))
    ipv6_shopper.token, ipv6_shopper.user_id = known["access_token"], known["user_id"]
    order_id = ordered(ipv6_shopper, milk)
    with Subscriber(ipv6_shopper, order_id) as subscriber:
        subscriber.wait_for_states("PLACED")
        InternalClient(spare).reach(order_id, "DELIVERED")
        subscriber.wait_for_end(10)
        assert subscriber.states[-1] == "DELIVERED"
    assert ok(status(ipv6_shopper, order_id))["status"] == "DELIVERED"
    assert ipv6_shopper.get("/", headers={"Accept": "text/html"}).status == 200
    wait_until(lambda: {line["client"] for line in spare.access_lines()
                        if f"/order/{order_id}/" in line["uri"]} == {"::1"}, 5, "the address is logged")


@needs_ipv6
def test_limits_count_an_ipv6_client(spare, ipv6_shopper):
    wrong = {"email": ipv6_shopper.email, "password": "not the password"}
    for _ in range(10):
        refused(ipv6_shopper.post("/login", wrong), 401, "Invalid credentials")
    refused(ipv6_shopper.post("/login", wrong), 429, "Too many requests")
    statuses = [ipv6_shopper.get("/healthz").status for _ in range(100)]
    assert statuses[0] == 200 and 429 in statuses


def test_a_page_at_the_ipv6_address_is_a_foreign_origin_unless_allowed(guest):
    for origin, allowed in (("http://localhost:5173", True), ("http://[::1]:5173", False)):
        answer = guest.get("/products?limit=1", headers={"Origin": origin})
        assert answer.header("Access-Control-Allow-Origin") == (origin if allowed else None)


# ---- values of BIND ----

@pytest.mark.parametrize("bind, word", [
    ("127.0.0.1,*", r"\*"), ("localhost", "localhost"), ("127.0.0.1 300.1.1.1", "300.1.1.1"), ("[::1]", "::1"),
    (",", "no address")])
def test_bind_accepts_only_addresses(tmp_path, bind, word):
    code, output = run_up(tmp_path, BIND=bind, OTP_CODE="831047")
    assert code and "BIND" in output and word in output, output


def listens(bind):
    """The `listen` lines of the gateway's listener."""
    script = f'. "{ROOT}/nginx/render.sh"; BIND=$1 GATEWAY_PORT=80; listen_rules GATEWAY "$1"; echo "$GATEWAY_LISTEN"'
    done = subprocess.run(["bash", "-c", script, "render", bind], stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, [line.strip() for line in done.stdout.splitlines()]


def test_each_address_has_a_listener_and_ipv6_listeners_are_ipv6_only():
    assert listens("0.0.0.0, ::") == (0, ["listen 0.0.0.0:80;", "listen [::]:80;"])
    assert listens("127.0.0.1") == (0, ["listen 127.0.0.1:80;"])
    for bad in ("", "x", "127.0.0.1,x", "127.0.0.1;"):
        assert listens(bad) == (1, []), bad


def checked(*wanted, within=()):
    """The result of ports.py for listeners."""
    done = subprocess.run([*within, sys.executable, ROOT / "run" / "ports.py", "check", *wanted],
                          stderr=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stderr.splitlines()


@needs_ipv6
def test_a_port_in_use_at_one_address_is_not_free():
    port, = choose_ports(1)
    with socket.create_server((LOOPBACK_6, port), family=socket.AF_INET6):
        assert not ports.is_free(port)
        assert checked(f"GATEWAY_PORT=127.0.0.1:{port}", f"GATEWAY_PORT=::1:{port}") == (
            1, [f"port {port} on ::1 is taken: set GATEWAY_PORT to another"])
    assert ports.is_free(port)
    assert checked(f"GATEWAY_PORT=0.0.0.0:{port}", f"GATEWAY_PORT=:::{port}") == (0, [])
    assert checked(f"GATEWAY_PORT=::1:{port}", f"GATEWAY_PORT=0:0::1:{port}") == (1, ["0:0::1 is in BIND twice"])


def test_a_machine_without_ipv6_defaults_to_ipv4_and_reports_a_missing_address():
    within = ("unshare", *(() if os.geteuid() == 0 else ("-r",)), "-n", "sh", "-ec", NO_IPV6, "sh")
    script = f'cd "{ROOT}/run"; . ./common.sh; . ../nginx/render.sh; . ./demo.sh; . ./settings.sh; BIND=; settings_read; echo "$BIND"'
    done = subprocess.run([*within, "bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False)
    if "unshare failed" in done.stderr:
        pytest.skip("no network namespaces here")
    assert done.stdout == "127.0.0.1\n", done
    assert checked("GATEWAY_PORT=127.0.0.1:9", "GATEWAY_PORT=::1:9", within=within) == (
        1, ["::1 is no address of this machine: set BIND to one that is"])


def test_a_kernel_without_ipv6_is_supported(monkeypatch):
    made = socket.socket

    def without(family, *more):
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "")
        return made(family, *more)

    monkeypatch.setattr(ports.socket, "socket", without)
    assert ports.problem(LOOPBACK_6, 0) == errno.EAFNOSUPPORT and ports.is_free(0)
