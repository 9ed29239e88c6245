"""A system for chaos: started alone, with stocks that run out, waited for, looked at, and ended."""

import contextlib
import fcntl
import http.client
import re
import shlex
import time

import pymongo.errors

import instance
from client import SECRETS
from held import RETURNED, Databases
from history import paise

SCARCE = (10, 20, 40, 80, 160, 320)  # stocks of the products that run out, one by one
PLENTY = 100_000
PLENTIFUL = 8  # how many products have that
WELL_WITHIN = 90  # seconds after the last harm until all is well
STILL = 2  # seconds that it must stay so: what was frozen may have been about to do something
RESPAWN = re.compile(r"died, respawn")


@contextlib.contextmanager
def running(name, build, **settings):
    """A system that is up inside, the only one of this name; on every way out it is ended."""
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
    """The address of a system's own database."""
    words = shlex.split((shop.run_dir / "env").read_text())
    return next(word.partition("=")[2] for word in words if word.startswith("MONGODB_URI="))


class System:
    """One that is up, as the shoppers, the couriers and the checker know it."""

    def __init__(self, shop, seed):
        self.shop = shop
        self.seed = seed
        self.port = shop.ports["gateway"]
        self.databases = Databases(database_uri(shop))
        courier = shop.staff("courier")
        self.courier = courier.user_id, courier.token

    def stock(self, history, scarce):
        """Sets the stocks of a few products, and notes what there is before the first call."""
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

    def becomes_well(self):
        """Waits until every pool is ready and nothing is left to do. What is wrong, or None."""
        deadline = time.monotonic() + WELL_WITHIN
        well_since = None
        while time.monotonic() < deadline:
            wrong = self._wrong()
            if wrong:
                well_since = None
            elif well_since is None:
                well_since = time.monotonic()
            elif time.monotonic() - well_since > STILL:
                return None
            time.sleep(0.2)
        return f"{wrong}, {WELL_WITHIN} s after the last harm"

    def _wrong(self):
        try:
            ready = self.shop.guest().get("/readyz")
            if ready.status != 200:
                return f"not ready: {ready}"
            left = self.databases.count("checkouts", state={"$ne": RETURNED})
            return f"{left} checkouts are unfinished" if left else None
        except (OSError, http.client.HTTPException, pymongo.errors.PyMongoError) as error:
            return repr(error)  # it is about to come back

    def crashes(self, killer):
        """Pools with more workers that ended than were killed."""
        for pool in instance.POOLS:
            text = (self.shop.run_dir / "log" / f"pool-{pool}.log").read_text()
            ended = len(RESPAWN.findall(text))
            if ended > killer.killed(pool):
                yield f"{ended} workers of {pool} ended, {killer.killed(pool)} were killed"

    def log_faults(self):
        """What the logs hold and shouldn't."""
        SECRETS.add("eyJhbGciOi")  # how every token begins
        try:
            instance.check_logs(self.shop)
        except AssertionError as error:
            yield str(error)[:3000]
