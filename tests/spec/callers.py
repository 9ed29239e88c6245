"""The callers of generated calls, and known ids that replace many of the generated ones."""

import random

from internal_client import InternalClient
from journey import set_stock
from tokens import service_token

INVALID_AUTHORIZATION = ("Bearer", "Bearer x", "Basic eA==", "Bearer a.b.c", "Bearer " + "a" * 3000, "x, Bearer y",
                         "Bearer eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoiYSJ9.")
ROLES = ("customer", "courier", "admin", "service")


class Callers:
    """A shopper with lines in the cart and orders, staff, a service, and a client without a token."""

    def __init__(self, shop):
        self.shop = shop
        self.shopper = shop.new_shopper()
        self.internal_client = InternalClient(shop)
        self.products = shop.guest().get("/products").json()[:3]
        self.ended = self.internal_client.place(self.shopper.user_id)
        self.internal_client.cancel(self.ended)
        self.known = {}
        self.headers = {role: {"Authorization": f"Bearer {token}"}
                        for role, token in self.tokens().items()}
        self.headers["anonymous"] = {}

    def tokens(self):
        service = service_token(self.shop)
        return {"customer": self.shopper.token, "service": service,
                **{role: self.shop.staff(role).token for role in ("courier", "admin")}}

    def fill_cart(self):
        for product in self.products:
            self.shopper.post("/cart/add", {"user_id": self.shopper.user_id, "quantity": 2,
                                            "product_id": product["_id"]})

    def refresh(self):
        """Fills cart and orders again after calls have emptied and ended them."""
        me = self.shopper
        for product in self.products:
            set_stock(self.shop, product, 100_000)
        self.fill_cart()
        me.post("/order/create", {"user_id": me.user_id})
        self.fill_cart()
        lines = me.get(f"/cart/{me.user_id}").json()
        orders = me.get(f"/orders/{me.user_id}?limit=3").json()
        # An order that can no longer be cancelled; the move is refused if it is in a later state.
        self.internal_client.client.post(f"/order/{orders[-1]['_id']}/update-status", {"status": "PACKED"})
        self.known = {
            "user_id": [me.user_id], "email": [me.email], "password": [me.password],
            "otp": ["1234"], "product_id": [product["_id"] for product in self.products],
            "cart_id": [line["_id"] for line in lines],
            "order_id": [order["_id"] for order in orders] + [self.internal_client.place(me.user_id)],
            "after": [order["_id"] for order in orders],
            "expected_total": [None, None, None, 1],
            "category": [product["category"] for product in self.products],
        }

    def headers_of(self, caller, chance):
        """The headers that authenticate a caller, or an invalid token."""
        if caller == "invalid token":
            return {"Authorization": chance.choice(INVALID_AUTHORIZATION)}
        return dict(self.headers[caller])

    def known_for(self, path, chance):
        """Known values for calls of a path: an ended order for a stream, so that it ends, and a new email
        address for a registration."""
        if path == "/register":
            return {**self.known, "email": [f"s{chance.getrandbits(64):x}@example.com"]}
        if path.endswith("/events"):
            return {**self.known, "order_id": [self.ended]}
        return self.known


def fit(values, known, chance):
    """Replaces some generated values by known ones."""
    if not isinstance(values, dict):
        return
    for name in list(values):
        if name in known and chance.random() < 0.75:
            values[name] = chance.choice(known[name])
            if values[name] is None:  # left out, because null is invalid
                del values[name]


def random_of(seed):
    return random.Random(seed)
