"""Start and end of the shop in a clone."""

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from checks import ok, refused
from instance import BINARIES, POOLS, ROOT, SETTINGS, Shop, comm, descendants, kill, parents, wait_until
from journey import ordered, orders

pytestmark = pytest.mark.once  # tests of the scripts, which are the same for each build


def test_two_systems_share_nothing(shop, spare):
    assert not set(shop.ports.values()) & set(spare.ports.values())
    here = shop.new_shopper()
    wrong = spare.guest().post("/login", {"email": here.email, "password": here.password})
    refused(wrong, 401, "Invalid credentials")
    refused(spare.guest().with_token(here.token).get("/profile"), 401, "Invalid or expired token")


def test_a_system_is_restarted_beside_another(shop, spare):
    here, there = shop.new_shopper(), spare.new_shopper()
    assert_up_is_idempotent(spare, there)
    assert_down_leaves_nothing(spare)
    ok(here.get("/profile"))
    assert_data_survive(spare, there)
    assert_supervisor_ends_all(spare)
    ok(here.get("/profile"))
    starts(spare)  # for later tests


def long_lived_processes(system):
    """The long-lived processes: supervised ones, and the workers of the pools. nginx's cache
    loader ends a minute after the start, and the helpers of the log rotation at once."""
    supervisor, tree = system.supervisor_pid(), parents()
    return {pid for pid in descendants(supervisor)
            if tree.get(pid) == supervisor or comm(pid) in POOLS}


def assert_up_is_idempotent(system, shopper):
    """A second `up` neither fails nor restarts anything."""
    before = long_lived_processes(system)
    assert len(before) >= 7 + len(POOLS), before
    starts(system)
    assert long_lived_processes(system) >= before
    ok(shopper.get("/profile"))


def assert_down_leaves_nothing(system):
    """`down` ends every process and frees every port, and a second one is harmless."""
    processes = {system.supervisor_pid(), *descendants(system.supervisor_pid())}
    assert len(processes) > 10, processes
    end(system)
    assert not {pid: comm(pid) for pid in processes if comm(pid)}
    for port in system.ports.values():
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 2)
    end(system)


def starts(system):
    result = system.script("up")
    assert result.returncode == 0, result.stdout


def end(system):
    """Ends it as down() does, but keeps its data."""
    result = system.script("down")
    assert result.returncode == 0, result.stdout


def assert_data_survive(system, shopper):
    """After a restart it has the same data and the same secret."""
    starts(system)
    ok(shopper.get("/profile"))
    product = ok(shopper.get("/products?limit=1"))[0]
    made = ordered(shopper, product)
    assert [order["_id"] for order in ok(orders(shopper))] == [made]


def assert_supervisor_ends_all(system):
    """SIGTERM to the supervisor ends all processes."""
    pid = system.supervisor_pid()
    processes = {pid, *descendants(pid)}
    kill(pid, signal.SIGTERM)
    wait_until(lambda: not [p for p in processes if comm(p)], 30, "all processes have ended")


def test_a_port_in_use_is_reported(shop):
    other = Shop("taken", GATEWAY_PORT=str(shop.ports["gateway"]))
    result = other.script("up")
    try:
        assert result.returncode != 0
        assert str(shop.ports["gateway"]) in result.stdout, result.stdout
    finally:
        other.down()
    ok(shop.guest().get("/products?limit=1"))


@pytest.mark.parametrize("name, value", [
    ("JWT_SECRET", "zq9-too-few-bytes"), ("SERVICE_SECRET", "zq9-too-few-bytes"),
    ("JWT_SECRET_OLD", "zq9-too-few-bytes"), ("SERVICE_SECRET_OLD", "zq9-too-few-bytes"),
    ("ALLOW_DEMO", "perhaps"), ("GATEWAY_PORT", "http"), ("RATE_LIMIT", "sometimes"),
    ("DELIVERY_SIMULATION", "yes"), ("DELIVERY_STEP_SECONDS", "0"),
    ("STREAMS_REDIS", "127.0.0.1:6379")])
def test_a_wrong_setting_is_reported(name, value):
    other = Shop("wrong", **{name: value})
    result = other.script("up")
    try:
        assert result.returncode != 0
        assert name in result.stdout, result.stdout
        assert value not in result.stdout or "SECRET" not in name, "the secret is printed"
    finally:
        other.down()


@pytest.mark.parametrize("pool", POOLS)
def test_a_service_reports_all_wrong_settings_and_does_not_start(pool):
    wrong = {"JWT_SECRET": "zq9-too-few-bytes", "SERVICE_SECRET": "zq9-too-few-bytes", "AUTH_REQUIRED": "perhaps", "THREADS": "0"}
    result = subprocess.run([BINARIES / pool], env={**os.environ, **wrong}, capture_output=True,
                            stdin=subprocess.DEVNULL, text=True, timeout=20, check=False)
    assert result.returncode > 0
    assert all(name in result.stderr for name in (*wrong, "MONGODB_URI")), result.stderr
    assert "zq9" not in result.stderr


@pytest.fixture
def foreign(tmp_path):
    """A folder of another user."""
    if os.geteuid() != 0:
        return Path("/usr/lib")
    folder = tmp_path / "foreign"
    folder.mkdir(mode=0o755)
    os.chown(folder, 65534, 65534)
    return folder


@pytest.mark.parametrize("command", ["up", "down", "status", "logs"])
@pytest.mark.parametrize("linked", [False, True])
def test_a_run_dir_of_another_user_is_refused(foreign, tmp_path, command, linked):
    before = sorted(foreign.iterdir())
    link = tmp_path / "link"
    link.symlink_to(foreign)
    other = Shop("foreign", RUN_DIR=str(link if linked else foreign))
    result = other.script(command)
    assert result.returncode == 1, result.stdout
    assert f"RUN_DIR={foreign} belongs to {foreign.owner()}" in result.stdout
    assert sorted(foreign.iterdir()) == before


def test_a_world_writable_run_dir_is_refused(tmp_path):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o1777)
    result = Shop("open", RUN_DIR=str(folder)).script("up")
    assert result.returncode == 1, result.stdout
    assert "can be written to by everybody" in result.stdout
    assert not list(folder.iterdir())


def test_a_backup_of_a_run_dir_of_another_user_is_refused(foreign, tmp_path):
    result = subprocess.run(["bash", ROOT / "run" / "backup.sh", "backup", tmp_path / "backup"],
                            env={**os.environ, "RUN_DIR": str(foreign)}, text=True, timeout=60,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert result.returncode == 1, result.stdout
    assert f"RUN_DIR={foreign} belongs to {foreign.owner()}" in result.stdout


def test_every_pool_has_its_processes(shop):
    for pool in POOLS:
        assert len(shop.workers(pool)) == 2


# ---- demo settings ----

DEMO_SETTINGS = {"OTP_CODE": "1234", "AUTH_REQUIRED": "off", "SEED_DEMO": "on"}
SAFE = {"OTP_CODE": "831047", "AUTH_REQUIRED": "on", "SEED_DEMO": "off"}
OPENED = ({"TRUSTED_PROXIES": "127.0.0.1"}, {"SERVER_NAMES": "shop.example.com"}, {"PUBLIC_URL": "https://shop.example.com"})
WRONG = {"GATEWAY_PORT": "none"}  # so that nothing is started when the tested setting is accepted


def refusals(script, **settings):
    """The refusals that a script prints for settings."""
    env = {k: v for k, v in os.environ.items() if k not in SETTINGS + tuple(DEMO_SETTINGS)}
    result = subprocess.run(["bash", *script], env={**env, **settings}, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20,
                            check=False)
    return result.returncode, result.stdout


def run_up(tmp_path, **settings):
    return refusals([ROOT / "run" / "shop.sh", "up"], RUN_DIR=str(tmp_path), **WRONG, **settings)


def compose_secrets(tmp_path, **settings):
    for name in ("mongo", *POOLS, "seed"):
        (tmp_path / name).mkdir(exist_ok=True)
    return refusals([ROOT / "containers" / "secrets.sh"], SECRETS=str(tmp_path), **settings)


both = pytest.mark.parametrize("script", [run_up, compose_secrets])


@both
@pytest.mark.parametrize("name", DEMO_SETTINGS)
def test_demo_settings_are_refused_with_a_public_bind(tmp_path, script, name):
    settings = {**SAFE, name: DEMO_SETTINGS[name]}
    for bind in ("0.0.0.0", "::", "10.0.0.7", "127.0.0.1,0.0.0.0", "::1, ::", "0.0.0.0,127.0.0.1",
                 "127.0.0.1 fd00::2 ::1", "1::1", "::1:1", "::10", "::1:0"):
        _, output = script(tmp_path, BIND=bind, **settings)
        assert name in output and "ALLOW_DEMO" in output, (bind, output)
        assert not [other for other in SAFE if other != name and other in output], (bind, output)
    for allowed in ({"BIND": "0.0.0.0", "ALLOW_DEMO": "yes"}, {"BIND": "127.0.0.1"}, {"BIND": "::1"},
                    {"BIND": ""}, {"BIND": ","}, {"BIND": "127.0.0.1,[::1]"}, {"BIND": " ::1 127.0.0.2, "},
                    {"BIND": "0:0:0:0:0:0:0:1,0::0001"}, {"BIND": "0.0.0.0", **SAFE}):
        _, output = script(tmp_path, **{**settings, **allowed})
        assert not [other for other in SAFE if other in output], (allowed, output)


@pytest.mark.parametrize("bind", ["localhost", "127.1", "127.0.0.1;", ",", "127.0.0.1.example.com", "[::"])
def test_an_invalid_bind_address_is_the_only_refusal(tmp_path, bind):
    code, output = run_up(tmp_path, BIND=bind, **DEMO_SETTINGS)
    assert code and "BIND" in output and "ALLOW_DEMO" not in output, output


@both
@pytest.mark.parametrize("name", DEMO_SETTINGS)
def test_demo_settings_are_refused_behind_a_proxy(tmp_path, script, name):
    settings = {**SAFE, name: DEMO_SETTINGS[name], "BIND": "127.0.0.1"}
    for opened in OPENED:
        _, output = script(tmp_path, **settings, **opened)
        assert name in output and "ALLOW_DEMO" in output and [*opened][0] in output, (opened, output)
        _, output = script(tmp_path, **settings, **opened, ALLOW_DEMO="yes")
        assert not [other for other in SAFE if other in output], (opened, output)
    _, output = script(tmp_path, **settings, PUBLIC_URL="http://localhost:8080")
    assert not [other for other in SAFE if other in output], output


@both
def test_all_refusals_are_reported_at_once(tmp_path, script):
    code, output = script(tmp_path, BIND="0.0.0.0", **DEMO_SETTINGS, JWT_SECRET="x", SERVICE_SECRET="x")
    assert code and all(name in output for name in (*DEMO_SETTINGS, "JWT_SECRET", "SERVICE_SECRET")), output
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_default_one_time_code_is_the_published_one(tmp_path):
    for script in (run_up, compose_secrets):
        code, output = script(tmp_path, BIND="0.0.0.0")
        assert code and "OTP_CODE" in output and "SEED_DEMO" not in output, output
        code, output = script(tmp_path, SERVER_NAMES="shop.example.com")
        assert code and "OTP_CODE" in output and "SEED_DEMO" not in output, output
    code_file = tmp_path / "code"
    code_file.write_text("1234\n")
    assert "OTP_CODE" in run_up(tmp_path, BIND="0.0.0.0", OTP_CODE_FILE=str(code_file))[1]
    code_file.write_text("831047\n")
    assert "OTP_CODE" not in run_up(tmp_path, BIND="0.0.0.0", OTP_CODE_FILE=str(code_file))[1]


def check(pool, **settings):
    """The refusals that a program prints for settings, with no other setting missing."""
    env = {"MONGODB_URI": "mongodb://nowhere", "JWT_SECRET": "a" * 32, "SERVICE_SECRET": "b" * 32}
    result = subprocess.run([BINARIES / pool, "--check"], env={**env, **settings}, capture_output=True,
                            stdin=subprocess.DEVNULL, text=True, timeout=20, check=False)
    return result.returncode, result.stderr


@pytest.mark.parametrize("pool, name", [("user", "OTP_CODE"), *((pool, "AUTH_REQUIRED") for pool in POOLS)])
def test_a_program_with_a_port_of_its_own_refuses_demo_settings(pool, name):
    given = {**SAFE, name: DEMO_SETTINGS[name]}
    code, output = check(pool, LISTEN=":9000", **given)
    assert code and name in output and "ALLOW_DEMO" in output, output
    code, output = check(pool, LISTEN=":9000", ALLOW_DEMO="no", **given)
    assert code and name in output, output
    for allowed in ({**given, "LISTEN": ":9000", "ALLOW_DEMO": "yes"}, given,
                    {**SAFE, "LISTEN": ":9000"}):
        assert check(pool, **allowed) == (0, "")


@pytest.mark.parametrize("url, words", [
    ("https://shop.example/shop", "path in front"), ("https://shop.example//", "path in front"),
    ("https://shop.example?a=1", "end after the host"), ("https://shop.example#a", "end after the host"),
    ("https://me:word@shop.example", "end after the host"), ("https://shop.example ", "end after the host"),
    ("shop.example", "http:// or https://"), ("https://", "http:// or https://"), ("ftp://shop.example", "http:// or https://")])
def test_a_url_beyond_an_origin_is_refused(url, words):
    code, output = check("product", PUBLIC_URL=url)
    assert code and output.startswith("PUBLIC_URL: should ") and words in output, output
    assert ("path" in output) == ("path" in words) and "word" not in output


@pytest.mark.parametrize("url", ["", "https://shop.example", "https://shop.example/", "HTTPS://shop.example", "http://10.0.0.7:8080", "http://[::1]:8080"])
def test_an_origin_is_accepted_for_pictures(url):
    assert check("product", PUBLIC_URL=url) == (0, "")


def test_the_published_code_is_refused_from_a_file_too(tmp_path):
    (tmp_path / "code").write_text("1234\n")
    code, output = check("user", LISTEN=":9000", OTP_CODE_FILE=str(tmp_path / "code"))
    assert code and "OTP_CODE" in output, output


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("one", ["SERVICE_SECRET", "SERVICE_SECRET_OLD"])
@pytest.mark.parametrize("other", ["JWT_SECRET", "JWT_SECRET_OLD"])
def test_both_kinds_of_tokens_need_a_secret_of_their_own(tmp_path, pool, one, other):
    (tmp_path / "secret").write_text("c" * 32 + "\n")
    for given in ({one: "c" * 32}, {f"{one}_FILE": str(tmp_path / "secret"), one: ""}):
        code, output = check(pool, **{other: "c" * 32, **given})
        assert code and f"{one}: is the same as {other}" in output, output
        assert "c" * 32 not in output
