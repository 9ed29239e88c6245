#!/usr/bin/python3
"""The samples of answers that the app's tests use, recorded from a running shop.

Makes the calls of the app's API client and keeps each answer as a sample. Values that differ from run to
run are replaced by stable stand-ins: ids are numbered in their order of appearance, a time is that of the
step in which it was recorded. `app_samples.py` (`make app-samples`) records the samples again.
"""

import bisect
import json
import os
import re
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from checks import UNKNOWN_ID
from client import SECRETS
from instance import Shop, check_logs, wait_until
from journey import move, set_stock, wait_for_delivery_record
from subscribers import Subscriber

FOLDER = Path(__file__).resolve().parents[2] / "quick_commerce_app" / "testing" / "samples"
SEEDED = re.compile(r"665[0-9a-f]{21}")  # ids of the catalogue: the same in every shop
MILK, BREAD, CURRY_LEAVES = "Milk 1L", "Bread", "Curry Leaves (Kadi Patta)"
SCARCE, NOT_SOLD = "Toned Milk", "Alphonso Mango"
NAME, EMAIL, PASSWORD, OTP = "Asha Rao", "asha@example.com", "correct horse battery", "1234"
FIRST_STEP = datetime(2026, 1, 5, 9, 0, tzinfo=timezone.utc)
STEP = timedelta(minutes=1)
PLENTY = 500
SHOWN = ("Content-Type", "ETag", "Link", "Retry-After", "WWW-Authenticate", "X-Request-ID")
RETRY_AFTER = "30"
CONSTANT_RETRY_AFTER = ("1", "2")  # constant values of a service or the gateway; others count down
MANY_TRIES = 40  # logins for one email address; ten a minute are allowed

ID = re.compile(r"\b[0-9a-f]{24}\b")
# A second, and for each channel which message of that second: the event's own in brackets.
EVENT_ID = re.compile(r"^id: \d+:(.*)$", re.M)
TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")


class StandIns:
    """Stable stand-ins for values that differ in each run."""

    def __init__(self):
        self.texts = {}
        self.ids = {UNKNOWN_ID: UNKNOWN_ID}
        self.steps = []

    def step(self):
        """Begins another step, whose times differ. They are truncated to milliseconds."""
        time.sleep(0.005)
        self.steps.append(datetime.now(timezone.utc))
        self.steps[-1] -= timedelta(microseconds=self.steps[-1].microsecond % 1000)
        time.sleep(0.005)

    @staticmethod
    def _event_id(found):
        """An event id without the part that depends on messages of other channels in the same second."""
        channels = ("[0]" if channel[0] == "[" else "-" for channel in found[1].split(","))
        return "id: 1:" + ",".join(channels)

    def _id(self, found):
        if SEEDED.fullmatch(found[0]):
            return found[0]
        return self.ids.setdefault(found[0], f"{len(self.ids):024x}")

    def _time(self, found):
        number = bisect.bisect_right(self.steps, datetime.fromisoformat(found[0]))
        stand_in = FIRST_STEP + number * STEP
        return stand_in.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def text(self, text):
        for real, other in self.texts.items():
            text = text.replace(real, other)
        text = EVENT_ID.sub(self._event_id, text)
        return TIME.sub(self._time, ID.sub(self._id, text))

    def value(self, value, name=""):
        """The same for a whole JSON value. The stock of a product also depends on other tests."""
        if isinstance(value, dict):
            return {key: self.value(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner) for inner in value]
        if name == "stock" and value > 0:
            return PLENTY
        return self.text(value) if isinstance(value, str) else value


class Recorder:
    """A shopper with the app, and the recorded answers."""

    def __init__(self, shop):
        self.shop = shop
        self.stand_ins = StandIns()
        self.samples = {}
        self.email = f"asha.{os.urandom(8).hex()}@example.com"
        self.stand_ins.texts[self.email] = EMAIL
        self.client = shop.guest().behind_proxy()
        self.products = {product["name"]: product
                         for product in shop.guest().get("/products").json()}
        SECRETS.add(PASSWORD)

    def call(self, name, route, body=None, query="", headers=(), client=None, **params):
        """Makes a call of the app; its answer is the sample of that name."""
        self.stand_ins.step()
        method, template = route.split()
        path = template.format(**params) + query
        headers = [("Accept", "application/json"), ("X-Request-ID", f"app-{name}"), *headers]
        answer = (client or self.client).call(method, path, body, headers=headers)
        self.keep(name, route, path, body, answer)
        return answer

    def keep(self, name, route, path, body, answer):
        shown = {key.lower(): self.stand_ins.text(answer.header(key))
                 for key in SHOWN if answer.header(key)}
        for key, stand_in in (("etag", '"etag"'), ("retry-after", RETRY_AFTER)):
            if key in shown and shown[key] not in CONSTANT_RETRY_AFTER:
                shown[key] = stand_in
        request = {"path": self.stand_ins.text(path)}
        if body is not None:
            request["body"] = self.stand_ins.value(body)
        self.samples[f"{name}.json"] = {
            "route": route, "request": request, "status": answer.status, "headers": shown,
            "body": self.stand_ins.value(json.loads(answer.text))}

    # ---- what is called ----

    def enter(self):
        """Account and catalogue."""
        account = {"name": NAME, "email": self.email, "password": PASSWORD, "otp": OTP}
        self.call("error_invalid_otp", "POST /register", {**account, "otp": "0000"})
        self.call("error_validation", "POST /register",
                  {"name": "", "email": "asha", "password": "short", "otp": OTP})
        self.call("register", "POST /register", account)
        self.call("error_email_exists", "POST /register", account)
        login = {"email": self.email, "password": PASSWORD}
        self.call("error_invalid_credentials", "POST /login", {**login, "password": "wrong horse"})
        self.call("error_unauthorised", "GET /profile")
        answer = self.call("login", "POST /login", login).json()
        self.client.token, self.client.user_id = answer["access_token"], answer["user_id"]
        kept = self.samples["login.json"]["body"]
        self.stand_ins.texts[answer["access_token"]] = kept["access_token"] = "header.claims.mac"
        self.call("profile", "GET /profile")
        self.call("error_token_over", "GET /profile",
                  client=self.shop.guest().with_token("no.to.ken").behind_proxy())

    def browse(self):
        self.call("categories", "GET /categories")
        self.call("products", "GET /products")
        self.call("products_page", "GET /products", query="?category=Fruits&limit=4")
        self.call("products_found", "GET /products", query="?q=milk&limit=24")
        self.call("products_none", "GET /products", query="?q=nosuchthing&limit=24")
        self.call("product", "GET /products/{product_id}", product_id=self.products[MILK]["_id"])
        self.call("product_not_sold", "GET /products/{product_id}",
                  product_id=self.products[NOT_SOLD]["_id"])
        self.call("error_product_not_found", "GET /products/{product_id}", product_id=UNKNOWN_ID)
        self.samples["products.json"]["body"] = [
            product for product in self.samples["products.json"]["body"]
            if product["name"] in (MILK, BREAD, CURRY_LEAVES, SCARCE, NOT_SOLD)]

    def add(self, name, product, quantity=1):
        self.call(name, "POST /cart/add", {
            "user_id": self.client.user_id, "product_id": self.products[product]["_id"],
            "quantity": quantity})

    def cart(self, name):
        return self.call(name, "GET /cart/{user_id}", user_id=self.client.user_id).json()

    def fill_the_cart(self):
        self.cart("cart_empty")
        self.add("cart_add", MILK, 2)
        self.add("cart_add_again", MILK)
        self.add("cart_add_other", CURRY_LEAVES, 3)
        self.add("error_not_available", NOT_SOLD)
        self.add("error_quantity_limit", MILK, 99)
        lines = {line["name"]: line["_id"] for line in self.cart("cart")}
        self.call("cart_increase", "PUT /cart/increase/{cart_id}", cart_id=lines[MILK])
        self.call("cart_decrease", "PUT /cart/decrease/{cart_id}", cart_id=lines[MILK])
        self.call("error_item_not_found", "DELETE /cart/remove/{cart_id}", cart_id=UNKNOWN_ID)
        self.add("cart_add_scarce", SCARCE, 2)
        lines = {line["name"]: line["_id"] for line in self.cart("cart_three")}
        self.sell_out()
        self.call("cart_remove", "DELETE /cart/remove/{cart_id}", cart_id=lines[SCARCE])

    def create(self, name, total=None, key=None):
        body = {"user_id": self.client.user_id}
        body |= {} if total is None else {"expected_total": total}
        headers = [] if key is None else [("Idempotency-Key", key)]
        return self.call(name, "POST /order/create", body, headers=headers).json()

    def sell_out(self):
        """Sells out a product of the cart before it is ordered."""
        product = self.products[SCARCE]
        set_stock(self.shop, product, 0)
        try:
            self.create("error_out_of_stock", key=os.urandom(16).hex())
            wait_until(lambda: all(self.cart_shows_sold_out() for _ in range(12)), 10, "carts show it")
            self.cart("cart_sold_out")
            wait_until(lambda: all(self.catalogue_shows_sold_out() for _ in range(12)), 10, "the catalogue shows it")
            self.call("product_sold_out", "GET /products/{product_id}", product_id=product["_id"])
        finally:
            set_stock(self.shop, product, product["stock"])

    def cart_shows_sold_out(self):
        lines = self.client.get(f"/cart/{self.client.user_id}").json()
        return [line["stock"] for line in lines if line["name"] == SCARCE] == [0]

    def catalogue_shows_sold_out(self):
        path = f"/products/{self.products[SCARCE]['_id']}"
        return self.shop.guest().get(path).json()["stock"] == 0

    def order(self):
        """Creates three orders: one is cancelled, one delivered, one stays placed."""
        self.create("error_total_changed", total=1)
        key = os.urandom(16).hex()
        first = self.create("order_create", total=208.5, key=key)["order_id"]
        wait_for_delivery_record(self.client, first)
        self.create("order_create_again", total=208.5, key=key)
        self.create("error_other_body", total=209, key=key)
        self.create("error_cart_is_empty")
        self.call("order", "GET /order/{order_id}", order_id=first)
        self.call("status", "GET /order/{order_id}/status", order_id=first)
        self.call("cancel", "POST /order/{order_id}/cancel", order_id=first)
        self.call("order_cancelled", "GET /order/{order_id}", order_id=first)
        self.call("error_order_not_found", "GET /order/{order_id}", order_id=UNKNOWN_ID)
        self.add("cart_add_third", BREAD)
        second = self.create("order_create_second")["order_id"]
        wait_for_delivery_record(self.client, second)
        self.follow(second)
        self.call("order_delivered", "GET /order/{order_id}", order_id=second)
        self.call("error_not_cancelled", "POST /order/{order_id}/cancel", order_id=second)
        orders = "GET /orders/{user_id}"
        self.call("orders", orders, user_id=self.client.user_id)
        self.call("orders_page", orders, user_id=self.client.user_id, query="?limit=1")

    def follow(self, order_id):
        """An order's event stream, from the first state to the last."""
        lines = []
        courier = self.shop.staff("courier")
        with EventText(self.client, order_id, lines) as subscriber:
            for n, word in enumerate(("PACKED", "OUT_FOR_DELIVERY", "DELIVERED"), 1):
                wait_until(lambda: len(subscriber.received) == n, 10, f"{n} states")  # noqa: B023
                self.stand_ins.step()
                assert move(courier, order_id, word).status == 200
            subscriber.wait_for_end(10)
        self.samples["events.txt"] = self.stand_ins.text("".join(lines))

    def exceed_login_limit(self):
        """Fails more logins of one email address from one address than a minute allows."""
        login = {"email": self.email, "password": "wrong horse"}
        guest = self.shop.guest().behind_proxy()
        for _ in range(MANY_TRIES):
            if self.call("error_too_many", "POST /login", login, client=guest).status == 429:
                return
        raise AssertionError("failed logins are not limited")

    def all(self):
        for part in (self.enter, self.browse, self.fill_the_cart, self.order, self.exceed_login_limit):
            part()
        return self.samples


class EventText(Subscriber):
    """Keeps the text of a stream, without the comments that keep the connection open."""

    def __init__(self, client, order_id, lines):
        self.lines = lines
        super().__init__(client, order_id)

    def read_events(self):
        event = []
        while line := self.answer.readline().decode():
            event.append(line)
            if line == "\n":
                if any(part.startswith("data:") for part in event):
                    self.lines.extend(event)
                    self.received.append((time.monotonic(), event))
                event = []


def record(shop):
    """The samples of a working shop: text or JSON by file name."""
    return Recorder(shop).all()


def record_outage(shop):
    """The sample of a call while the database is stopped."""
    recorder = Recorder(shop)
    recorder.client = shop.new_shopper().behind_proxy()
    shop.supervisor("stop", "mongod")
    try:
        recorder.call("error_unavailable", "GET /profile")
    finally:
        shop.supervisor("start", "mongod")
    return recorder.samples


def as_text(sample):
    """The content of a sample's file."""
    if isinstance(sample, str):
        return sample
    return json.dumps(sample, indent=2, ensure_ascii=False) + "\n"


def main():
    shop = Shop("app-samples").up()
    try:
        samples = record(shop) | record_outage(shop)
    finally:
        shop.down()
    check_logs(shop)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, sample in samples.items():
        (FOLDER / name).write_text(as_text(sample), encoding="utf-8")
    old = [path for path in FOLDER.iterdir() if path.name not in samples]
    for path in old:
        path.unlink()
    print(f"{len(samples)} samples recorded" + (f", {len(old)} removed" if old else ""))


if __name__ == "__main__":
    sys.exit(main())
