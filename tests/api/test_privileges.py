"""Least privilege: an attacker who controls a program of the shop, or another user of the machine, reaches
nothing beyond that program's own files and sockets."""

import contextlib
import json
import os
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import pymongo
import pymongo.errors
import pytest

import services
from checks import ok
from instance import (BINARIES, BUILD, POOLS, ROOT, Shop, check_logs, choose_ports, comm, descendants, kill,
                      runs, wait_until)
from journey import ordered, set_stock, wait_for_delivery_record

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone has other users run programs")
# For tests of the scripts, which are the same for each build.
once = pytest.mark.once

NOBODY = "65534"
NO_ACCOUNT = "54321"
# The users of programs, and the folders and files that they own; sock/ is the folder of the system's
# sockets.
OWN = {"shop-db": ("mongo", "sock/key"),
       "shop-web": ("tmp", "streams", "internal", "sock/web", "log/access.log", "log/streams_access.log",
                     "log/internal_access.log",
                    "log/error.log"),
       "shop": ("sock/pools",)}
# Files of others that they read.
READ = {"shop-db": (), "shop-web": ("nginx", "files", "sock/pools"), "shop": ()}
SECRET = ("jwt_secret", "env", "accounts", "mongo")
CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
NET_BIND_SERVICE = 1 << 10
UNAUTHORIZED = 13

# Prints the paths of its standard input that its user can read, write or connect to.
PROBE = """
import json, os, socket, stat, sys
found = {"read": [], "write": [], "connect": []}
for path in json.load(sys.stdin):
    try:
        mode = os.stat(path).st_mode
    except OSError:
        continue
    if stat.S_ISSOCK(mode):
        try:
            socket.socket(socket.AF_UNIX).connect(path)
            found["connect"].append(path)
        except OSError:
            pass
        continue
    if os.access(path, os.R_OK):
        found["read"].append(path)
    if os.access(path, os.W_OK):
        found["write"].append(path)
print(json.dumps(found))
"""


def paths_in(folder):
    """The folder and all paths in it; links are followed."""
    found = {str(folder)}
    for top, folders, files in os.walk(folder, followlinks=True):
        found.update(os.path.join(top, name) for name in (*folders, *files))
    return sorted(found)


def accessible_to(user, paths):
    """The paths that a user can `read`, `write` or `connect` to."""
    words = ["setpriv", "--reuid", user, "--regid", user,
             "--clear-groups" if user == NOBODY else "--init-groups", "--", sys.executable, "-c", PROBE]
    done = subprocess.run(words, input=json.dumps(paths), stdout=subprocess.PIPE, text=True,
                          timeout=60, check=True, cwd="/")
    return json.loads(done.stdout)


def sockets_of(shop):
    """The folder of a system's sockets: it is outside of a clone that others cannot enter."""
    elsewhere = shop.run_dir / "socket_dir"
    return Path(elsewhere.read_text().strip()) if elsewhere.exists() else shop.run_dir / "sock"


def paths_of_shop(shop):
    return sorted({*paths_in(shop.run_dir), *paths_in(sockets_of(shop))})


def paths_outside(paths, shop, names):
    """The paths that are neither one of the names nor below one."""
    tops = [str(sockets_of(shop) / name.removeprefix("sock/") if name.startswith("sock/")
                else shop.run_dir / name) for name in names]
    return [path for path in paths
            if not any(path == top or path.startswith(top + "/") for top in tops)]


def privileges(pid):
    """{field: words} of a process; empty where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {name: words.split() for name, _, words in (line.partition(":") for line in lines)}


def serving(shop):
    """The processes of a system except supervisord and the log rotation, which read no input."""
    supervisor = shop.supervisor_pid()
    rotation = shop.pid("rotate")
    return descendants(supervisor) - {supervisor, rotation} - descendants(rotation)


def assert_least_privilege(shop, low_port=False):
    names = set()
    for pid in serving(shop):
        found, name = privileges(pid), comm(pid)
        if not found or not name:
            continue
        names.add(name)
        assert "0" not in found["Uid"] + found["Gid"] + found["Groups"], (name, found)
        allowed = NET_BIND_SERVICE if low_port and name == "nginx" else 0
        held = {field: int(found[field][0], 16) for field in CAPABILITIES}
        assert not any(value & ~allowed for value in held.values()), (name, held)
        assert found["NoNewPrivs"] == ["1"], name
    assert names >= {"mongod", "nginx", "multiwatch", *POOLS}, names
    for pid in (shop.supervisor_pid(), shop.pid("rotate")):
        assert privileges(pid)["NoNewPrivs"] == ["1"]


# ---- programs ----

@as_root
def test_serving_processes_have_no_root_and_no_capabilities_and_can_gain_none(shop):
    assert_least_privilege(shop)
    users = {name: {privileges(pid)["Uid"][0] for pid in serving(shop) if comm(pid) == name}
             for name in ("mongod", "nginx", "multiwatch", *POOLS)}
    assert users["mongod"] != users["nginx"] != users["user"] != users["mongod"]
    assert len({tuple(users[name]) for name in ("multiwatch", *POOLS)}) == 1
    assert all(len(uids) == 1 for uids in users.values()), users


@as_root
@pytest.mark.parametrize("user", OWN)
def test_a_program_accesses_only_its_own_paths(shop, user):
    found = accessible_to(user, paths_of_shop(shop))
    assert not paths_outside(found["write"], shop, OWN[user])
    closed = [name for name in (*SECRET, *(name for other in OWN for name in OWN[other]))
              if name not in (*OWN[user], *READ[user])]
    assert paths_outside(found["read"], shop, closed) == found["read"]
    allowed = {"shop-db": (), "shop-web": ("sock/web", "sock/pools"), "shop": ("sock/pools",)}[user]
    assert not paths_outside(found["connect"], shop, allowed)
    assert bool(found["connect"]) == bool(allowed)


# ---- other users of the machine ----

@as_root
def test_another_user_reads_no_secret_and_connects_to_no_socket(shop):
    paths = paths_of_shop(shop)
    sockets = [path for path in paths if stat.S_ISSOCK(os.stat(path).st_mode)]
    assert len(sockets) == 3 + len(POOLS), sockets
    found = accessible_to(NOBODY, paths)
    assert not found["connect"] and not found["write"]
    # The files are public; everybody may list the run folder.
    assert not paths_outside([path for path in found["read"] if path != str(shop.run_dir)], shop,
                             ("files",))


def test_files_of_the_scripts_are_private(shop):
    for name in ("env", "jwt_secret", *(f"accounts/{path}" for path in shop.passwords)):
        assert (shop.run_dir / name).stat().st_mode & 0o077 == 0, name


def address_of(shop):
    """(host, port) of its database."""
    return "127.0.0.1", int((shop.run_dir / "mongo_port").read_text())


def database_as(shop, account=None):
    """A client of its database that has logged in, or hasn't."""
    host, port = address_of(shop)
    login = {"username": account, "password": shop.passwords[account]} if account else {}
    return pymongo.MongoClient(host, port, directConnection=True, **login)


def assert_refused(action):
    with pytest.raises(pymongo.errors.OperationFailure) as raised:
        action()
    assert raised.value.code == UNAUTHORIZED, raised.value


@pytest.mark.parametrize("account", [None, *POOLS])
def test_each_database_account_accesses_only_its_own_database(shop, account):
    own = services.column("database")
    with database_as(shop, account) as client:
        for database in own.values():
            if own.get(account) == database:
                assert client[database].list_collection_names()
            else:
                assert_refused(lambda: client[database]["users"].find_one())
                assert_refused(lambda: client[database]["users"].insert_one({}))
        for command in ({"createUser": "x", "pwd": "x", "roles": ["root"]}, {"usersInfo": 1},
                        {"replSetGetStatus": 1}, {"getParameter": "*"}, {"shutdown": 1},
                        {"grantRolesToUser": account or "user", "roles": ["root"]}):
            assert_refused(lambda: client.admin.command(command))


def test_the_database_does_not_answer_compressed_messages(shop):
    with database_as(shop) as client:
        hello = client.admin.command("hello", compression=["snappy", "zlib", "zstd"])
        assert "compression" not in hello
    # OP_COMPRESSED of an OP_MSG that claims to be far longer than it is (CVE-2025-14847).
    body = struct.pack("<iiB", 2013, 64 << 10, 2) + zlib.compress(b"\0" * 32)
    message = struct.pack("<iiii", 16 + len(body), 1, 0, 2012) + body
    with socket.create_connection(address_of(shop), 5) as connection:
        connection.sendall(message)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1 << 16) == b""


# ---- a clone that other users cannot enter, with the data of an earlier version ----

def clone_into(folder):
    """The parts of this clone that a run needs."""
    for name in ("run", "nginx", "seed", "services.tsv", f"build/{BUILD}/bin", f"build/{BUILD}/openapi.json",
                 ".deps/mongodb", ".deps/swagger-ui"):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", ROOT / name, folder / name], check=True)


def low_port():
    """A free port below 1024."""
    first = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    for port in range(min(first, 1024) - 1, 512, -1):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    return None


def leave_old_data(run_dir):
    """A run folder of the versions without database passwords, which ran everything as root."""
    (port,) = choose_ports(1)
    for name in ("mongo", "log", "tmp/body", "streams/tmp"):
        (run_dir / name).mkdir(parents=True, mode=0o700)
    (run_dir / "log/access.log").touch(0o600)
    (run_dir / "mongo_port").write_text(f"{port}\n")
    server = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", ROOT / ".deps/mongodb/bin/mongod", "--quiet", "--dbpath",
         run_dir / "mongo", "--port", str(port), "--bind_ip", "127.0.0.1", "--nounixsocket",
         "--replSet", "rs0", "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64"],
        stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        uri = f"mongodb://127.0.0.1:{port}/?replicaSet=rs0"
        subprocess.run([BINARIES / "seed", "--init-replica-set"], check=True,
                       env={**os.environ, "MONGODB_URI": uri})
        with pymongo.MongoClient(uri) as client:
            client.admin.command("createUser", "delivery", pwd="known", roles=["root"])
            client["user_db"]["users"].insert_one({"email": "old@example.com"})
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def closed():
    """A system whose clone and run folder are below a folder of mode 0700, and have special characters of
    shells, supervisord and nginx in their names."""
    top = runs() / "closed"
    clone = top / "José 下载 [x] 100%s $a \"q\" 'p' \\ ;{}"
    shop = Shop("closed")
    shop.root, shop.run_dir = clone, clone / ".run"
    shop.env.pop("BIN_DIR", None)
    shop.env["RUN_DIR"] = str(shop.run_dir)
    shop.low_port = low_port()
    if shop.low_port:
        shop.ports["product"] = shop.low_port
        shop.env["PRODUCT_PORT"] = str(shop.low_port)
    if shop.run_dir.exists():
        shop.script("down")
    shutil.rmtree(top, ignore_errors=True)
    top.mkdir(parents=True, mode=0o700)
    clone_into(clone)
    leave_old_data(shop.run_dir)
    code = top / "one_time_code"  # readable by root only, like all files here
    code.touch(0o600)
    code.write_text("1234\n")
    shop.env["OTP_CODE_FILE"] = str(code)
    try:
        started = shop.script("up")
        assert started.returncode == 0, f"{started.stdout}\n{shop.log_tail()}"
        yield shop
        check_logs(shop)
    finally:
        shop.script("down")
        shutil.rmtree(top, ignore_errors=True)


@as_root
@once
def test_a_private_clone_serves_the_shop(closed):
    assert_least_privilege(closed, low_port=True)
    copies = sockets_of(closed) / "copy"
    assert {path.name for path in copies.iterdir()} == {
        "bin", "mongod", "products.json"}
    server, copy = (path.stat() for path in (closed.root / ".deps/mongodb/bin/mongod", copies / "mongod"))
    assert server.st_ino == copy.st_ino or server.st_dev != copy.st_dev
    assert not accessible_to(NOBODY, paths_in(copies))["write"]
    assert not any(accessible_to(user, paths_in(copies))["write"] for user in OWN)
    guest = closed.guest()
    for path in ("/", "/assets/css/tokens.css", "/openapi.json", "/docs", "/products?limit=1"):
        assert guest.get(path).status == 200, path
    if closed.low_port:
        assert closed.guest("product").get("/products?limit=1").status == 200


@as_root
@once
def test_data_of_a_database_without_accounts_are_kept_and_protected(closed):
    with pymongo.MongoClient(closed.database) as client:
        assert client["user_db"]["users"].find_one({"email": "old@example.com"})
        roles = client.admin.command("usersInfo", "delivery")["users"][0]["roles"]
        assert roles == [{"role": "readWrite", "db": "delivery_db"}]
    with database_as(closed) as client:
        assert_refused(lambda: client["user_db"]["users"].find_one())
    assert not accessible_to(NOBODY, paths_in(closed.run_dir))["read"]


@as_root
@once
def test_each_program_is_restarted_in_a_private_clone(closed):
    shopper = closed.new_shopper()
    (milk,) = [p for p in ok(shopper.get("/products?q=milk")) if p["name"] == "Milk 1L"]
    set_stock(closed, milk, 100)
    programs = ("mongod", *POOLS, "streams", "internal", "nginx", "rotate")
    before = {name: closed.pid(name) for name in programs}
    victims = {*before.values(), *serving(closed)}
    for pid in victims:
        with contextlib.suppress(ProcessLookupError):
            kill(pid)
    killed = time.monotonic()

    def again():
        with contextlib.suppress(AssertionError, OSError):
            # An nginx that starts again still has the answer of /readyz from the second before.
            return (all(closed.pid(name) != before[name] for name in programs)
                    and time.monotonic() > killed + 2 and closed.guest().get("/readyz").status == 200)
        return False

    wait_until(again, 60, "all pools are ready again")
    wait_for_delivery_record(shopper, ordered(shopper, milk))
    assert_least_privilege(closed, low_port=True)


@as_root
@once
def test_all_processes_end_with_a_killed_supervisor(closed):
    closed_processes = serving(closed) | {closed.pid("rotate")}
    kill(closed.supervisor_pid())
    wait_until(lambda: not [pid for pid in closed_processes if comm(pid)], 30, "all have ended")
    folder = sockets_of(closed)
    assert closed.script("down").returncode == 0
    assert not folder.exists()


# ---- an ordinary user ----

@as_root
@once
def test_an_ordinary_user_runs_the_shop():
    """Also a user id that is not in /etc/passwd, as in many containers."""
    if accessible_to(NOBODY, [str(BINARIES / "user")])["read"] == []:
        pytest.skip("this clone is closed to other users")
    folder = Path(tempfile.mkdtemp(prefix="ordinary-", dir="/tmp"))
    shop = Shop("ordinary")
    shop.run_dir = folder / "run"
    shop.env.update(RUN_DIR=str(shop.run_dir), HOME=str(folder))
    os.chown(folder, int(NO_ACCOUNT), int(NO_ACCOUNT))

    def script(command):
        return subprocess.run(
            ["setpriv", "--reuid", NO_ACCOUNT, "--regid", NO_ACCOUNT, "--clear-groups", "--", "bash",
             ROOT / "run/shop.sh", command], env=shop.env, cwd="/", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False)

    try:
        started = script("up")
        assert started.returncode == 0, started.stdout
        processes = {shop.supervisor_pid(), *descendants(shop.supervisor_pid())}
        for pid in processes:
            found = privileges(pid)
            assert not found or (found["Uid"] == [NO_ACCOUNT] * 4 and found["NoNewPrivs"] == ["1"])
        shop.new_shopper()
        with database_as(shop) as client:
            assert_refused(lambda: client["user_db"]["users"].find_one())
        assert not accessible_to("shop", paths_in(shop.run_dir))["read"]
    finally:
        ended = script("down")
        shutil.rmtree(folder, ignore_errors=True)
    assert ended.returncode == 0, ended.stdout
