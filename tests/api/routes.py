"""Every route with the facts that the access and the malformed-input tests need.

A test compares the list with that of the binaries: a route that is missing here fails.
"""

import re
import subprocess
from dataclasses import dataclass, field

from checks import ok
from internal_client import InternalClient
from instance import BINARIES, POOLS
from journey import line_of, ordered

# Everyone: any role and services; shopper: any account; staff: courier, admin and services; crew: staff
# without services.
ANYONE, EVERYONE, SHOPPER, STAFF, CREW, ADMIN, INTERNAL = (
    "anyone", "everyone", "shopper", "staff", "crew", "admin", "internal")
# The demo account that may call the routes that are forbidden to shoppers.
CALLERS = {STAFF: "courier", CREW: "courier", ADMIN: "admin"}
FORBIDDEN = (403, "Forbidden")
NO_ITEM = (404, "Item not found")
NO_ORDER = (404, "Order not found")
NO_PRODUCT = (404, "Product not found")

# Wrong for a field of any type, beside those of the field's own type.
NEVER = [[], {}, [1], {"$gt": ""}, {"a": 1}]
NO_TEXT = [*NEVER, 1, 1.5, True, None, "\x00", "a\x00b", "a\x1fb", "\x7f", "\ud800"]
NO_NUMBER = [*NEVER, "1", "", True, False, None, 0, -1, 100, 1.5, 1e300, 2**63, 2**64, -2**70]
NO_STOCK = [*NEVER, "1", "", True, False, None, -1, 1_000_001, 1.5, 1e300, 2**63, 2**64, -2**70]


@dataclass(frozen=True)
class Route:
    """The callers of a route, its valid input, and its invalid input."""

    access: str
    listener: str = "gateway"
    foreign: tuple = None  # how another customer's call is refused
    body: dict = None  # a valid one; texts are filled from the scene
    wrong: dict = field(default_factory=dict)  # field: values that are refused with 422
    ids: dict = field(default_factory=dict)  # field of body or path: the refusal of a bad id
    for_others: tuple = ()  # roles that may call it for another user
    stream: bool = False  # of events: called for an order that has ended, it ends


USER_IN_BODY = {"user_id": [*NO_TEXT, "", "user-1", "a" * 23, "a" * 25, "g" * 24, "a" * 3000]}
ANY_ITEM = Route(SHOPPER, foreign=NO_ITEM, ids={"cart_id": NO_ITEM})

ROUTES = {
    ("POST", "/register"): Route(
        ANYONE,
        body={"name": "Asha", "email": "{email}", "password": "correct horse", "otp": "1234"},
        wrong={"name": [*NO_TEXT, "", " ", "x" * 101, "x" * 3000],
               "email": [*NO_TEXT, "", "x", "x@", "@x", "x" * 300 + "@example.com"],
               "password": [*NEVER, 1, True, None, "short", "x" * 129, "x" * 3000],
               "otp": [*NO_TEXT]}),
    ("POST", "/login"): Route(
        ANYONE, body={"email": "{email}", "password": "correct horse"},
        wrong={"email": [*NO_TEXT], "password": [*NEVER, 1, True, None]}),
    ("GET", "/profile"): Route(SHOPPER),
    ("GET", "/products"): Route(ANYONE),
    ("GET", "/products/{product_id}"): Route(ANYONE, ids={"product_id": NO_PRODUCT}),
    ("GET", "/categories"): Route(ANYONE),
    ("PUT", "/products/{product_id}/stock"): Route(
        ADMIN, foreign=FORBIDDEN, body={"stock": 100_000}, wrong={"stock": NO_STOCK},
        ids={"product_id": NO_PRODUCT}),
    ("POST", "/cart/add"): Route(
        SHOPPER, foreign=FORBIDDEN,
        body={"user_id": "{user_id}", "product_id": "{product_id}", "quantity": 1},
        wrong={**USER_IN_BODY, "product_id": [*NEVER, 1, True, None], "quantity": NO_NUMBER},
        ids={"product_id": NO_PRODUCT}),
    ("DELETE", "/cart/remove/{cart_id}"): ANY_ITEM,
    ("PUT", "/cart/increase/{cart_id}"): ANY_ITEM,
    ("PUT", "/cart/decrease/{cart_id}"): ANY_ITEM,
    ("GET", "/cart/{user_id}"): Route(SHOPPER, foreign=FORBIDDEN),
    ("POST", "/order/create"): Route(
        SHOPPER, foreign=FORBIDDEN, body={"user_id": "{user_id}"}, wrong=USER_IN_BODY),
    ("GET", "/orders/{user_id}"): Route(SHOPPER, foreign=FORBIDDEN),
    ("GET", "/order/{order_id}"): Route(
        EVERYONE, foreign=NO_ORDER, ids={"order_id": NO_ORDER}, for_others=("courier", "admin")),
    ("POST", "/order/{order_id}/cancel"): Route(
        SHOPPER, foreign=NO_ORDER, ids={"order_id": NO_ORDER}, for_others=("admin",)),
    ("GET", "/order/{order_id}/status"): Route(
        EVERYONE, foreign=NO_ORDER, ids={"order_id": NO_ORDER}),
    ("GET", "/order/{order_id}/events"): Route(
        EVERYONE, foreign=NO_ORDER, ids={"order_id": NO_ORDER}, stream=True),
    ("POST", "/order/{order_id}/update-status"): Route(
        STAFF, foreign=FORBIDDEN, body={"status": "PACKED"},
        wrong={"status": [*NO_TEXT, "", "packed", "LOST", "x" * 60000]}),
    ("GET", "/deliveries"): Route(CREW, foreign=FORBIDDEN),
    ("GET", "/internal/products"): Route(INTERNAL),
    ("POST", "/internal/stock/reserve"): Route(INTERNAL),
    ("POST", "/internal/stock/release"): Route(INTERNAL),
    ("POST", "/internal/stock/confirm"): Route(INTERNAL),
    ("POST", "/internal/stock/take"): Route(INTERNAL),
    ("POST", "/internal/stock/give-back"): Route(INTERNAL),
    ("POST", "/internal/stock/settle"): Route(INTERNAL),
    ("POST", "/internal/stock/forget"): Route(INTERNAL),
    ("POST", "/internal/orders"): Route(INTERNAL),
    ("GET", "/internal/orders/{order_id}"): Route(INTERNAL),
    ("POST", "/internal/orders/{order_id}/cancel"): Route(INTERNAL),
    ("GET", "/internal/streams"): Route(INTERNAL),
    ("GET", "/internal/pools"): Route(INTERNAL),
    ("GET", "/internal/pools/status"): Route(INTERNAL),
    ("GET", "/internal/status"): Route(INTERNAL),
    ("GET", "/metrics"): Route(INTERNAL),
}
HEALTH = ("/health", "/healthz", "/readyz")
for _pool in POOLS:
    ROUTES |= {("GET", f"{_pool}:{path}"): Route(ANYONE, listener=_pool) for path in HEALTH}

PUBLIC = {key: route for key, route in ROUTES.items() if route.access != INTERNAL}
# The size limit of a body: calls for staff alone have a larger one.
KIB = 1024


def body_max(key):
    """The bytes that the body of a route may have."""
    return 64 * KIB if ROUTES[key].access in (STAFF, CREW, ADMIN) else 4 * KIB


# The only call of its method that takes no body.
CANCEL = ("POST", "/order/{order_id}/cancel")


def printed():
    """The routes that the binaries print: (method, path) with the roles that may call."""
    found = {}
    for pool in POOLS:
        text = subprocess.run([BINARIES / pool, "--routes"], capture_output=True, text=True,
                              timeout=20, check=True).stdout
        for line in text.splitlines():
            method, path, roles, *_ = line.split("\t")
            key = f"{pool}:{path}" if path in HEALTH else path
            found[method, key] = set(roles.split(","))
    return found


class Scene:
    """A shopper with a line in the cart and an order, to fill the tables' rows with."""

    def __init__(self, shop, product):
        self.shop = shop
        self.shopper = shop.new_shopper()
        self.names = {"user_id": self.shopper.user_id, "product_id": product["_id"],
                      "order_id": ordered(self.shopper, product),
                      "cart_id": line_of(self.shopper, product),
                      "email": self.shopper.email}
        self.ended_order = None

    def order_of(self, key):
        """The order for the call of a route; an ended one exists at delivery only."""
        if not ROUTES[key].stream:
            return self.names["order_id"]
        if not self.ended_order:
            internal_client = InternalClient(self.shop)
            self.ended_order = internal_client.place(self.shopper.user_id)
            internal_client.cancel(self.ended_order)
        return self.ended_order

    def path(self, template, **changes):
        """A route's path with this scene's ids."""
        path = template.split(":", 1)[-1]
        for name, value in {**self.names, **changes}.items():
            path = path.replace(f"{{{name}}}", value)
        return path

    def body(self, route):
        """A valid body for a route, or None."""
        if route.body is None:
            return None
        return {name: value.format(**self.names) if isinstance(value, str) else value
                for name, value in route.body.items()}

    def caller(self, key):
        """A client with a permitted role for a route, at a new address."""
        role = CALLERS.get(ROUTES[key].access)
        if role:
            return self.shop.staff(role)
        return self.shopper.with_token(self.shopper.token)

    def call(self, client, key, **more):
        """Calls a route as a client, with a valid body unless another is given."""
        method, template = key
        route = ROUTES[key]
        if "data" not in more:
            more.setdefault("json_body", self.body(route))
        more.setdefault("listener", route.listener)
        return client.call(method, self.path(template, order_id=self.order_of(key)), **more)


def served(key, answer):
    """Asserts a success of a route."""
    if not ROUTES[key].stream:
        ok(answer)
        return
    assert answer.status == 200, answer
    assert re.fullmatch(r"id: \S+\nevent: status\ndata: \{.*\}\n\n", answer.text), answer


def title(key):
    """A row's name in a list of tests."""
    return " ".join(key)
