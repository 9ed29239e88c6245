"""One running system: started and ended through run/shop.sh, inspected through its run folder."""

import collections
import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import xmlrpc.client
from pathlib import Path

from client import PROXY, SECRETS, Client

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "run"))
sys.path.append(str(ROOT / "tests"))
import services
from ports import own_ports
from start import Transport

BUILD = os.environ.get("BUILD", "release")
BINARIES = ROOT / "build" / BUILD / "bin"
PART = os.environ.get("PART", "1/1")  # 2/3: the second of three parts of the tests
POOLS = services.NAMES
LISTENERS = ("gateway", *POOLS, "internal")
DEMO_PASSWORD = "demo-password"
PROCESSES = 2  # of each pool, unless a test sets another number
SETTINGS = ("MONGODB_URI", "JWT_SECRET", "THREADS", "PROCESSES", "LOG_LEVEL", "AUTH_REQUIRED",
            "INTERNAL_URL", "OTP_CODE", "PUBLIC_URL", "BIND", "CORS_ORIGINS", "TRUSTED_PROXIES",
            "SERVER_NAMES", "API_DOCS", "SECURITY_CONTACT",
            "JWT_SECRET_OLD", "SERVICE_SECRET", "SERVICE_SECRET_OLD", "STAFF_TOKENS_SINCE", "ALLOW_DEMO",
            "OTEL_EXPORTER_OTLP_ENDPOINT", "FAILPOINT", "DELIVERY_STEP_SECONDS", "STREAMS_REDIS",
            "ORDERS_PER_HOUR", "ORDER_PIECES_MAX", "ORDER_CALLS_PER_MINUTE", "KEYED_ADDS_PER_MINUTE")
# Tests create more orders than a person does; the tests of these limits use a system that has them.
NO_CEILINGS = {"ORDERS_PER_HOUR": "0", "ORDER_PIECES_MAX": "0", "ORDER_CALLS_PER_MINUTE": "0",
               "KEYED_ADDS_PER_MINUTE": "0"}

SECRETS.add(DEMO_PASSWORD)
HASHES = "$argon2id$"  # what every password's hash begins with
MEMORY = Path("/dev/shm")
MEMORY_LEAST = 4 << 30  # bytes that must be free: several databases run at a time
_given = set()


def runs(build=BUILD):
    """The folder of the run folders. Each part of divided tests has its own."""
    return ROOT / ".run" / (f"test-{build}" if PART == "1/1" else f"test-{build}-{PART.partition('/')[0]}")


def choose_ports(n):
    """Ports that no other caller was given. Outgoing connections never use these ports: a system that is
    restarted finds them free."""
    found = own_ports(n, but=_given)
    _given.update(found)
    return found


def listener_ports():
    """A port for each listener."""
    return dict(zip(LISTENERS, choose_ports(len(LISTENERS))))


def data_folder(path):
    """Makes a folder for a database or for logs: in memory if there is space. A disk that stalls
    for a second makes the calls of that second fail, as it should, and a worker that is killed
    while its disk stalls leaves half a line. `path` is then a link to it."""
    name = hashlib.sha256(str(path).encode()).hexdigest()[:16]
    memory = MEMORY / f"quick-commerce-{name}"
    remove_data(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_LEAST:
        memory.mkdir(mode=0o700)
        path.symlink_to(memory)
    else:
        path.mkdir()


def keep_data(path):
    """Moves what data_folder() made to the disk."""
    kept = path.with_name(path.name + ".kept")
    shutil.copytree(path, kept)
    remove_data(path)
    kept.rename(path)


def remove_data(path):
    """Removes what data_folder() made."""
    name = hashlib.sha256(str(path).encode()).hexdigest()[:16]
    shutil.rmtree(MEMORY / f"quick-commerce-{name}", ignore_errors=True)
    if path.is_symlink():
        path.unlink()
    shutil.rmtree(path, ignore_errors=True)


class Shop:
    """A system of its own: ports, run folder, settings."""

    def __init__(self, name, **settings):
        self.root = ROOT  # of the clone whose scripts run it
        self.run_dir = runs(settings.get("BUILD", BUILD)) / name
        self.ports = listener_ports()
        ports = {f"{name.upper()}_PORT": str(port) for name, port in self.ports.items()}
        inherited = {k: v for k, v in os.environ.items() if k not in SETTINGS}
        # Orders keep their state, except in tests of the simulation.
        self.env = {**inherited, "SEED_DEMO": "on", "RATE_LIMIT": "on", "BUILD": BUILD,
                    "DELIVERY_SIMULATION": "off", "TRUSTED_PROXIES": PROXY, "ALLOW_DEMO": "yes",
                    "RUN_DIR": str(self.run_dir), **ports,
                    **NO_CEILINGS, **settings}
        self._staff = {}
        self._watchers = {}

    # ---- running ----

    def script(self, command, timeout=300):
        """Runs `run/shop.sh COMMAND`; the result has its code and what it printed."""
        return subprocess.run(["bash", self.root / "run" / "shop.sh", command], env=self.env,
                              cwd=self.root, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=timeout, check=False)

    def up(self):
        """Starts with no data; ends what an earlier run left first."""
        if self.run_dir.exists():
            self.script("down")
        shutil.rmtree(self.run_dir, ignore_errors=True)
        for name in ("mongo", "log"):
            data_folder(self.run_dir / name)
        try:
            result = self.script("up")
            assert result.returncode == 0, f"up failed:\n{result.stdout}\n{self.log_tail()}"
            SECRETS.update((self.secret, self.service_secret, *self.passwords.values()))
        except BaseException:
            self._end()
            raise
        return self

    def down(self):
        result = self._end()
        assert result.returncode == 0, f"down failed:\n{result.stdout}"

    def _end(self):
        """Ends it and keeps its logs."""
        result = self.script("down")
        remove_data(self.run_dir / "mongo")
        if (self.run_dir / "log").is_symlink():
            keep_data(self.run_dir / "log")
        return result

    # ---- clients ----

    def guest(self, listener="gateway"):
        """A client with no token."""
        return Client(self.ports, listener=listener)

    def login(self, email, password):
        """A client that is logged in."""
        client = self.guest()
        answer = client.post("/login", {"email": email, "password": password})
        assert answer.status == 200, answer
        client.token = answer.json()["access_token"]
        client.user_id = answer.json()["user_id"]
        client.email, client.password = email, password
        return client

    def new_shopper(self, name="Test Shopper"):
        """Registers a new shopper and logs in."""
        email = f"t{os.urandom(8).hex()}@example.com"
        password = f"pw-{os.urandom(8).hex()}"
        SECRETS.add(password)
        answer = self.guest().post("/register", {"name": name, "email": email,
                                                 "password": password, "otp": "1234"})
        assert answer.status == 200, answer
        return self.login(email, password)

    def staff(self, role):
        """A client of a demo account, whose token is kept."""
        if role not in self._staff:
            self._staff[role] = self.login(f"{role}@example.com", DEMO_PASSWORD)
        known = self._staff[role]
        client = known.with_token(known.token)
        client.user_id, client.email = known.user_id, known.email
        return client

    # ---- the run folder ----

    @property
    def secret(self):
        """The secret that signs people's tokens."""
        return self._secret("JWT_SECRET")

    @property
    def service_secret(self):
        """The secret that signs the tokens of calls between services."""
        return self._secret("SERVICE_SECRET")

    def _secret(self, name):
        if name in self.env:
            return self.env[name]
        return (self.run_dir / name.lower()).read_text().strip()

    @property
    def passwords(self):
        """{account: password} of its own database, and the key."""
        return {path.name: path.read_text().strip()
                for path in (self.run_dir / "accounts").glob("*")}

    @property
    def database(self):
        """The address of its database, with all rights."""
        words = shlex.split((self.run_dir / "env").read_text())
        return next(word.partition("=")[2] for word in words if word.startswith("MONGODB_URI="))

    @property
    def socket_dir(self):
        """The folder of the pools' sockets: the run folder, unless its path is too long."""
        elsewhere = self.run_dir / "socket_dir"
        return Path(elsewhere.read_text().strip()) if elsewhere.exists() else self.run_dir / "sock"

    def supervisor(self, *words):
        """The output of supervisorctl."""
        return subprocess.run(["supervisorctl", "-c", self.run_dir / "supervisord.conf", *words],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60, check=False).stdout

    def pid(self, program):
        """Reads it from supervisord itself: supervisorctl takes a fifth of a second to load."""
        path = re.search(r"^serverurl=unix://(.*)$", (self.run_dir / "supervisord.conf").read_text(), re.M)[1]
        with xmlrpc.client.ServerProxy("http://supervisor", Transport(path)) as server:
            pid = server.supervisor.getProcessInfo(program)["pid"]
        assert pid > 0, f"{program} does not run"
        return pid

    def supervisor_pid(self):
        return int((self.run_dir / "supervisord.pid").read_text())

    def workers(self, pool):
        """The worker processes of a pool: the innermost ones that its program started."""
        if comm(self._watchers.get(pool)) != "multiwatch":
            self._watchers[pool] = self.pid(pool)
        return sorted(p for p in descendants(self._watchers[pool]) if comm(p) == pool)

    def all_workers(self, pool):
        """The same, when all workers that died have been replaced."""
        full = int(self.env.get("PROCESSES", PROCESSES))

        def found():
            pids = self.workers(pool)
            return pids if len(pids) == full else None

        return wait_until(found, 20, f"{pool} has {full} workers")

    def log_files(self):
        return sorted(path for path in (self.run_dir / "log").rglob("*") if path.is_file())

    def log_lines(self, pool):
        """The lines a pool's workers wrote on stderr."""
        return (self.run_dir / "log" / f"{pool}.log").read_text().splitlines()

    def access_lines(self):
        """The gateway's access log."""
        text = (self.run_dir / "log" / "access.log").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def log_tail(self):
        """The ends of all logs, for a message about a failure."""
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-1500:]}"
                         for path in self.log_files())


# ---- processes, through /proc ----

def comm(pid):
    """The name of a living process, None where it has ended."""
    try:
        name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
    except OSError:
        return None
    return None if rest.split()[0] == "Z" else name


def parents():
    """Each living process with its parent."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = entry.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            found[int(entry.parent.name)] = int(parent)
    return found


def descendants(pid):
    """All processes below one."""
    tree = parents()
    found, newest = set(), {pid}
    while newest:
        newest = {child for child, parent in tree.items() if parent in newest} - found
        found |= newest
    return found


def kill(pid, number=signal.SIGKILL):
    os.kill(pid, number)


def freeze(pid):
    """Stops a process, and returns when each of its threads is stopped: until then a thread that waits
    for a connection may still accept it."""
    def still():
        states = []
        for entry in Path(f"/proc/{pid}/task").glob("*/stat"):
            with contextlib.suppress(OSError):  # that thread has ended
                states.append(entry.read_text().rpartition(")")[2].split()[0])
        return all(state in "TtZX" for state in states)

    kill(pid, signal.SIGSTOP)
    wait_until(still, 10, f"process {pid} is stopped")


def wait_until(condition, seconds=10, what=""):
    """Waits for a condition, and returns its value."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


# ---- logs ----

SANITIZER = re.compile("AddressSanitizer|runtime error|LeakSanitizer")


def secrets_in(text):
    """The secrets in a text. Thousands of them share few prefixes, most of which no log has: a search for
    each secret would take minutes."""
    beginnings = collections.defaultdict(list)
    for secret in (*SECRETS, HASHES):
        beginnings[secret[:4]].append(secret)
    return [secret for beginning, secrets in beginnings.items() if beginning in text
            for secret in secrets if secret in text]


def check_logs(shop):
    """Asserts clean logs: no sanitizer's report, JSON lines from the services, no secret."""
    for path in shop.log_files():
        text = path.read_text(errors="replace")
        found = SANITIZER.search(text)
        assert not found, f"{path.name}: {text[found.start():found.start() + 3000]}"
        leaked = secrets_in(text)
        assert not leaked, f"{path.name} holds {leaked}"
    for pool in POOLS:
        for line in shop.log_lines(pool):
            try:
                event = json.loads(line)
            except ValueError:
                raise AssertionError(f"{pool} wrote a line that isn't JSON: {line!r}") from None
            assert {"time", "level", "service"} <= event.keys(), line
            assert event["service"] == pool, line
