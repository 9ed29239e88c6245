"""The system of a chaos run: start, stocks, health, logs, end."""

import contextlib
import fcntl
import http.client
import re
import shlex
import time

import pymongo.errors

import instance
from client import SECRETS
from stored import RETURNED, Databases
from history import paise

SCARCE = (10, 20, 40, 80, 160, 320)  # stocks of the products that are sold out, one each
PLENTY = 100_000
PLENTIFUL = 8  # the number of products with the stock PLENTY
HEALTHY_WITHIN = 90  # seconds after the last disruption until the system is healthy
STABLE_SECONDS = 2  # seconds that it must stay healthy: a process that was frozen may continue its work
RESPAWN = re.compile(r"died, respawn")


@contextlib.contextmanager
def running(name, build, **settings):
    """A running system, the only one of its name; it is ended on every exit of the block."""
    folder = instance.ROOT / ".run"
    folder.mkdir(exist_ok=True)
    with open(folder / f"{name}-{build}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shop = instance.Shop(name, RATE_LIMIT="off", BUILD=build, **settings)
        shop.up()
        try:
            yield shop
        finally:
            shop.down()


def database_uri(shop):
    """The address of a system's database."""
    words = shlex.split((shop.run_dir / "env").read_text())
    return next(word.partition("=")[2] for word in words if word.startswith("MONGODB_URI="))


class System:
    """A running system as the simulated users and the checker need it."""

    def __init__(self, shop, seed):
        self.shop = shop
        self.seed = seed
        self.port = shop.ports["gateway"]
        self.databases = Databases(database_uri(shop))
        courier = shop.staff("courier")
        self.courier = courier.user_id, courier.token

    def stock(self, history, scarce):
        """Sets the stocks of some products, and records the initial state."""
        admin = self.shop.staff("admin")
        available = [one for one in self.shop.guest().get("/products").json() if one["available"]]
        wanted = (*scarce, *[PLENTY] * PLENTIFUL)
        chosen = [product["_id"] for product in available[:len(wanted)]]
        for product, stock in zip(chosen, wanted):
            answer = admin.call("PUT", f"/products/{product}/stock", {"stock": stock})
            assert answer.status == 200, f"the stock can't be set: {answer}"
        history.scarce, history.plentiful = chosen[:len(scarce)], chosen[len(scarce):]
        history.prices = {product["_id"]: paise(product["price"]) for product in available}
        history.stock = {one["_id"]: one["stock"] for one in self.databases.read("products")}
        history.emails |= {user["email"] for user in self.databases.read("users")}

    def wait_until_healthy(self):
        """Waits until every pool is ready and every checkout is completed. Returns an error, or None."""
        deadline = time.monotonic() + HEALTHY_WITHIN
        healthy_since = None
        while time.monotonic() < deadline:
            wrong = self._wrong()
            if wrong:
                healthy_since = None
            elif healthy_since is None:
                healthy_since = time.monotonic()
            elif time.monotonic() - healthy_since > STABLE_SECONDS:
                return None
            time.sleep(0.2)
        return f"{wrong}, {HEALTHY_WITHIN} s after the last disruption"

    def _wrong(self):
        try:
            ready = self.shop.guest().get("/readyz")
            if ready.status != 200:
                return f"not ready: {ready}"
            left = self.databases.count("checkouts", state={"$ne": RETURNED})
            return f"{left} checkouts are unfinished" if left else None
        except (OSError, http.client.HTTPException, pymongo.errors.PyMongoError) as error:
            return repr(error)  # the pool or the database is restarting

    def crashes(self, killer):
        """Pools with more workers that ended than were killed."""
        for pool in instance.POOLS:
            text = (self.shop.run_dir / "log" / f"pool-{pool}.log").read_text()
            ended = len(RESPAWN.findall(text))
            if ended > killer.killed(pool):
                yield f"{ended} workers of {pool} ended, {killer.killed(pool)} were killed"

    def log_faults(self):
        """Errors of the logs."""
        SECRETS.add("eyJhbGciOi")  # the prefix of every token
        try:
            instance.check_logs(self.shop)
        except AssertionError as error:
            yield str(error)[:3000]
