"""The system under load: a separate instance, started through run/shop.sh, and its memory."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "run"))
sys.path.append(str(ROOT / "tests"))
import services
from ports import own_ports

RUN_DIR = ROOT / ".run" / "bench"
POOLS = services.NAMES
PORTS = ("GATEWAY_PORT", *services.PORTS, "INTERNAL_PORT")
WAIT_SECONDS = 60  # seconds until all stream updates are published
# Variables that would change the measured system or its data. The database is always that of the
# instance: the run stores thousands of orders.
NOT_INHERITED = ("MONGODB_URI", "AUTH_REQUIRED", "BIND", "CORS_ORIGINS", "INTERNAL_URL",
                 "LOG_LEVEL", "OTP_CODE", "PUBLIC_URL", "TRUSTED_PROXIES")


class Shop:
    """Runs inside a `with` block. `root` is a built checkout, whose programs and scripts run."""

    def __init__(self, root=ROOT, run_dir=RUN_DIR):
        self.root, self.run_dir = root, run_dir
        self.keep_folder = True  # unless the run succeeds
        ports = {name: str(port) for name, port in zip(PORTS, own_ports(len(PORTS)))}
        self.port = int(ports["GATEWAY_PORT"])
        self.internal_port = int(ports["INTERNAL_PORT"])
        inherited = {k: v for k, v in os.environ.items() if k not in NOT_INHERITED}
        self.env = {**inherited, **ports, "RUN_DIR": str(run_dir), "RATE_LIMIT": "off",
                    "ORDERS_PER_HOUR": "0", "ORDER_PIECES_MAX": "0", "ORDER_CALLS_PER_MINUTE": "0", "KEYED_ADDS_PER_MINUTE": "0",
                    "SEED_DEMO": "on", "DELIVERY_SIMULATION": "off"}

    def _script(self, command):
        return subprocess.run([self.root / "run" / "shop.sh", command], env=self.env, cwd=self.root,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300, check=False)

    def __enter__(self):
        if (self.run_dir / "supervisord.pid").exists():
            self._script("down")  # ends what a killed run left
        shutil.rmtree(self.run_dir, ignore_errors=True)
        try:
            result = self._script("up")
            if result.returncode != 0:
                raise SystemExit(f"the system did not start:\n{result.stdout}")
        except BaseException:  # a signal as well
            self._script("down")
            raise
        return self

    def __exit__(self, *_):
        self._script("down")
        if not self.keep_folder:
            shutil.rmtree(self.run_dir, ignore_errors=True)

    def database_uri(self):
        """The address of the instance's own database."""
        for word in shlex.split((self.run_dir / "env").read_text()):
            if word.startswith("MONGODB_URI="):
                return word.partition("=")[2]
        raise SystemExit("the run folder has no address of the database")

    def serve_file(self, content):
        """Makes nginx serve this content instead of the pictures; returns its path."""
        files = self.run_dir / "files"
        if not files.exists():  # an older version, which links to its sources
            files = self.run_dir / "www"
            files.unlink()
            (files / "pictures").mkdir(parents=True)
        (files / "pictures" / "bench.json").write_bytes(content)
        return "/pictures/bench.json"

    def wait_until_published(self):
        """Returns when no stream update is pending: the cost of open streams is measured without the
        work of opening them."""
        metrics = f"http://127.0.0.1:{self.internal_port}/metrics/delivery"
        deadline = time.monotonic() + WAIT_SECONDS
        # Older versions have another name.
        while not re.search(rb"^streams_(pending|untold) 0$", urllib.request.urlopen(metrics, timeout=5).read(), re.M):
            if time.monotonic() > deadline:
                raise SystemExit(f"after {WAIT_SECONDS} s stream updates are still pending")
            time.sleep(0.2)

    def memory(self):
        """PSS in bytes of nginx, each pool, mongod and the supervisor."""
        sums = dict.fromkeys(("nginx", *POOLS, "mongod", "supervisor"), 0)
        top = int((self.run_dir / "supervisord.pid").read_text())
        for pid in (top, *descendants(top)):
            try:
                sums[owner(pid)] += pss(pid)
            except (FileNotFoundError, ProcessLookupError):
                pass  # the process has ended
        gone = [name for name, size in sums.items() if size == 0]
        if gone:
            raise SystemExit(f"not running any more: {', '.join(gone)}")
        return sums


def parents():
    """Each process with its parent."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            pass  # the process has ended
    return found


def descendants(pid):
    """All processes below one."""
    tree = parents()
    found, newest = set(), {pid}
    while newest:
        newest = {child for child, parent in tree.items() if parent in newest}
        found |= newest
    return found


def owner(pid):
    """The part to which a process belongs. The last argument of a pool's multiwatch is the worker."""
    words = Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")
    names = [Path(words[0]).name, Path(words[-1]).name]
    if words[0].startswith("nginx:"):  # "nginx: worker process"
        return "nginx"
    for name in ("nginx", "mongod"):
        if names[0] == name:
            return name
    return next((name for name in names if name in POOLS), "supervisor")


def pss(pid):
    """Proportional set size in bytes: shared pages are divided among the processes that share them."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
