"""The systems that the tests call, and the people who call them."""

import collections
import fcntl
import signal
import sys
import zlib
from pathlib import Path

import pytest

from instance import BUILD, NO_CEILINGS, PART, ROOT, Shop, check_logs, runs, wait_until
from journey import add, set_stock, stock_of, wait_for_recovery, wait_for_stable_catalogue
from routes import Scene

sys.path.append(str(ROOT / "tests" / "runner"))
from parts import divide, read_seconds, write_seconds

MARKS = {"once": "the same for each build: skipped in all but the release build",
         "smoke": "also run with the release build by `make test`"}
_took = collections.Counter()


def pytest_configure(config):
    """SIGTERM ends the tests as Ctrl-C does, so that their systems are stopped."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for mark, meaning in MARKS.items():
        config.addinivalue_line("markers", f"{mark}: {meaning}")


# ---- parts ----

@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Skips tests of another build and of other parts, and groups the tests by system."""
    for item in items:
        if BUILD != "release" and item.get_closest_marker("once"):
            item.add_marker(pytest.mark.skip(reason="seen in the release build"))
    number, n = map(int, PART.split("/"))
    files = collections.defaultdict(set)
    for item in items:
        files[item.path.name].update(systems_of(item))
    mine = divide(files, read_seconds(), n)[number - 1]
    others = [item for item in items if item.path.name not in mine]
    config.hook.pytest_deselected(items=others)
    order = {file: max(map(list(SYSTEMS).index, files[file]), default=0) for file in mine}
    items[:] = sorted((item for item in items if item.path.name in mine), key=lambda item: order[item.path.name])


def pytest_runtest_logreport(report):
    _took[Path(report.location[0]).name] += report.duration


def pytest_sessionfinish():
    """Writes the seconds of each file, in the form of tests/runner/seconds.tsv."""
    runs().mkdir(parents=True, exist_ok=True)
    write_seconds(runs() / "seconds.tsv", _took)


@pytest.fixture(scope="session", autouse=True)
def alone():
    """Run folders have fixed names: a second run of these tests on the tree waits for the first."""
    runs().parent.mkdir(exist_ok=True)
    with open(runs().with_suffix(".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# The systems that tests ask for by these names, and their settings.
SYSTEMS = {"shop": {},
           "open_shop": {"AUTH_REQUIRED": "off", "RATE_LIMIT": "off"},
           # Two of the names are special in nginx's maps: `default` is a keyword, and \t a tab.
           "named": {"SERVER_NAMES": "Shop.example.com, shop.test, default, test", "API_DOCS": "off",
                     "PROCESSES": "1", "SECURITY_CONTACT": "mailto:security@shop.test"},
           "moving": {"DELIVERY_SIMULATION": "on", "DELIVERY_STEP_SECONDS": "2", "PROCESSES": "3",
                      "STREAMS_PER_USER": "0", "STREAMS_PER_ADDRESS": "3"},
           "limited": {**dict.fromkeys(NO_CEILINGS, ""), "PROCESSES": "1"},
           "spare": {}}


class Systems:
    """Starts each system for the first test that needs it and ends it after the last one: an idle system
    takes a twentieth of a processor."""

    def __init__(self, items):
        self._left = collections.Counter(name for item in items for name in systems_of(item))
        self._running = {}

    def running(self, name):
        """A system, which is started if it does not run."""
        if name not in self._running:
            shop = Shop(name, **SYSTEMS[name])
            try:
                self._running[name] = shop.up()
            except AssertionError as error:  # no test of this system can run
                pytest.exit(str(error), returncode=1)
        return self._running[name]

    def used_by(self, item):
        """Counts an ended test, and ends the systems that no later test needs."""
        for name in systems_of(item):
            self._left[name] -= 1
            if not self._left[name] and name in self._running:
                self._end(name)

    def end_all(self):
        for name in list(self._running):
            self._end(name)

    def _end(self, name):
        shop = self._running.pop(name)
        shop.down()
        check_logs(shop)


def systems_of(item):
    """The names of the systems that a test needs."""
    return SYSTEMS.keys() & set(item.fixturenames)


@pytest.fixture(scope="session")
def systems(request):
    request.session.systems = Systems(request.session.items)
    yield request.session.systems
    request.session.systems.end_all()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item):
    """Runs after the teardown of fixtures that no later test uses."""
    if systems := getattr(item.session, "systems", None):
        systems.used_by(item)


@pytest.fixture(scope="session")
def shop(systems):
    """The system that most tests share."""
    return systems.running("shop")


@pytest.fixture(scope="session")
def spare(systems):
    """A system for tests that break or stop it."""
    return systems.running("spare")


@pytest.fixture(scope="session")
def open_shop(systems):
    """A system with AUTH_REQUIRED=off, for clients of the published one, and with no limits."""
    return systems.running("open_shop")


@pytest.fixture(scope="session")
def named(systems):
    """A system with SERVER_NAMES, without the API's description, and with a security contact."""
    return systems.running("named")


@pytest.fixture(scope="session")
def limited(systems):
    """A system with the limits of an account, and one process a pool: each process counts the calls."""
    return systems.running("limited")


@pytest.fixture(scope="session")
def moving(systems):
    """A system whose simulation moves deliveries every 2 s."""
    return systems.running("moving")


@pytest.fixture
def spare_scene(spare, milk):
    """A cart and an order on the spare system, which works again at the end."""
    set_stock(spare, milk, 100_000)
    yield Scene(spare, milk)
    wait_for_recovery(spare, milk)


@pytest.fixture
def guest(shop):
    """A client without a token."""
    return shop.guest()


@pytest.fixture
def shopper(shop):
    """A new shopper who is logged in."""
    return shop.new_shopper()


@pytest.fixture
def courier(shop):
    return shop.staff("courier")


@pytest.fixture
def admin(shop):
    return shop.staff("admin")


@pytest.fixture(scope="session")
def catalogue(shop):
    """All products, as the shop lists them."""
    answer = shop.guest().get("/products")
    assert answer.status == 200, answer
    return answer.json()


@pytest.fixture(scope="session")
def buyable(catalogue):
    """The products that can be put in a cart."""
    return [p for p in catalogue if p["available"] and p.get("stock", 1) > 0]


@pytest.fixture(scope="session")
def milk(shop, catalogue):
    """One of the published products, with a large stock."""
    product = next(p for p in catalogue if p["name"] == "Milk 1L")
    set_stock(shop, product, 100_000)
    # Every worker must have it, or a test of the catalogue would see it change.
    wait_until(lambda: all(stock_of(shop, product) == 100_000 for _ in range(12)), 10, "the stock of milk is set")
    return product


@pytest.fixture(scope="module")
def stable_catalogue(shop):
    """Waits until orders of earlier tests change the catalogue no more."""
    wait_for_stable_catalogue(shop)


def restock(shop, products):
    """Gives products stock again, and waits until every process of the cart & order service has it."""
    for product in products:
        set_stock(shop, product, 500)
    marker = products[-1]
    for stock, status in ((0, 409), (500, 200)):
        set_stock(shop, marker, stock)
        shopper = shop.new_shopper()
        wait_until(lambda: {add(shopper, marker).status for _ in range(8)} == {status}, 20, "the replicas are current")


@pytest.fixture(scope="session")
def rarities(shop, buyable, milk):
    """Products from the catalogue's end, which no other test buys: again and again, all with stock."""
    products = [p for p in reversed(buyable) if p["_id"] != milk["_id"]][:80]

    def rounds():
        while True:
            yield from products
            restock(shop, products)

    return rounds()


@pytest.fixture
def rare(shop, rarities):
    """A product that no other test uses; at the end it has stock again."""
    product = next(rarities)
    yield product
    set_stock(shop, product, 500)


def pytest_make_parametrize_id(val, argname):
    """Names of tests stay short where the input is long or not to be printed."""
    if isinstance(val, (str, bytes)) and (len(val) > 40 or not str(val).isprintable()):
        return f"{argname}-{len(val)}-{zlib.crc32(repr(val).encode()):08x}"
    return None
