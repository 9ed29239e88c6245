"""Clients of the published system, which send no token on cart, order and status calls."""

import os
import re

import pytest

from checks import UNKNOWN_ID, client_error, invalid, ok, refused
from instance import wait_until
from service_facts import FACTS
from tokens import claims, sign


class PublishedApp:
    """Calls each service on its own port with no token, like the published app; or the gateway."""

    def __init__(self, shop, user_id, through="ports"):
        gateway = shop.guest()
        self.clients = {pool: gateway if through == "gateway" else shop.guest(pool) for pool in FACTS}
        self.user, self.product = self.clients["user"], self.clients["product"]
        self.cart_order, self.delivery = self.clients["cart_order"], self.clients["delivery"]
        self.user_id = user_id

    def milk(self):
        return next(p for p in ok(self.product.get("/products")) if p["name"] == "Milk 1L")

    def add(self, product_id, quantity=1):
        return self.cart_order.post("/cart/add", {
            "user_id": self.user_id, "product_id": product_id, "quantity": quantity})

    def cart(self):
        return ok(self.cart_order.get(f"/cart/{self.user_id}"))

    def change(self, method, what, line):
        return getattr(self.cart_order, method)(f"/cart/{what}/{line['_id']}")

    def create(self):
        return self.cart_order.post("/order/create", {"user_id": self.user_id})

    def status(self, order_id):
        return self.delivery.get(f"/order/{order_id}/status")

    def move(self, order_id, word):
        return self.delivery.post(f"/order/{order_id}/update-status", {"status": word})


@pytest.fixture
def app(open_shop):
    return PublishedApp(open_shop, f"user-{os.urandom(4).hex()}")


# Every call of the published API, in the order in which its app makes them.
PUBLISHED = [
    ("POST", "/register"), ("POST", "/login"), ("GET", "/profile"), ("GET", "/products"),
    ("GET", "/products/{id}"), ("GET", "/categories"), ("POST", "/cart/add"),
    ("GET", "/cart/{id}"), ("PUT", "/cart/increase/{id}"), ("PUT", "/cart/decrease/{id}"),
    ("DELETE", "/cart/remove/{id}"), ("POST", "/order/create"), ("GET", "/orders/{id}"),
    ("GET", "/order/{id}/status"), ("POST", "/order/{id}/update-status")]
OF_PRODUCTS = {"_id", "name", "description", "price", "category", "image_url", "available"}
OF_LINES = {"_id", "product_id", "quantity", "name", "price"}
OF_ORDERS = {"_id", "user_id", "items", "total", "created_at"}
OF_STATUSES = {"_id", "order_id", "status", "last_updated"}


def calls_of(clients):
    """Records each call of these clients from now on, once, in order."""
    made = []

    def recording(call):
        def recorded_call(method, path, *more, **named):
            key = method, re.sub(r"[0-9a-f]{24}", "{id}", path)
            made.extend([key] if key not in made else [])
            return call(method, path, *more, **named)
        return recorded_call

    for client in clients:
        client.call = recording(client.call)
    return made


def enter(app):
    """Sign-up, login and profile, as the published screens do it."""
    email = f"p{os.urandom(6).hex()}@example.com"
    assert ok(app.user.post("/register", {
        "name": "Published", "email": email, "password": "published pw", "otp": "1234"})) == {
            "message": "User created successfully"}
    login = ok(app.user.post("/login", {"email": email, "password": "published pw"}))
    assert login["token_type"] == "bearer"
    profile = ok(app.user.get("/profile", headers={
        "Authorization": f"Bearer {login['access_token']}"}))
    assert {"id", "name", "email", "created_at"} <= profile.keys() and profile["email"] == email
    app.user_id = profile["id"]


def fill_cart_with_milk(app):
    """Products, and a cart with each of its buttons; at the end it has three units of milk."""
    milk = app.milk()
    assert OF_PRODUCTS <= milk.keys() and milk["price"] == 60
    one = ok(app.product.get(f"/products/{milk['_id']}"))
    assert one | {"stock": milk["stock"]} == milk  # the list may be a moment older
    assert "Dairy" in ok(app.product.get("/categories"))
    assert ok(app.add(milk["_id"], 2)) == {"message": "Item added to cart"}
    assert ok(app.add(milk["_id"])) == {"message": "Quantity updated"}
    (line,) = app.cart()
    assert OF_LINES <= line.keys() and line["quantity"] == 3 and line["name"] == "Milk 1L"
    assert ok(app.change("put", "increase", line)) == {"message": "Quantity increased"}
    assert ok(app.change("put", "decrease", line)) == {"message": "Quantity decreased"}
    assert ok(app.change("delete", "remove", line)) == {"message": "Item removed"}
    assert app.cart() == []
    ok(app.add(milk["_id"]))
    (line,) = app.cart()
    assert ok(app.change("put", "decrease", line)) == {"message": "Item removed"}
    ok(app.add(milk["_id"], 3))
    return milk


@pytest.mark.parametrize("through", ["ports", "gateway"])
def test_the_published_calls_succeed_in_their_order(open_shop, through):
    app = PublishedApp(open_shop, None, through)
    made = calls_of({id(client): client for client in app.clients.values()}.values())
    enter(app)
    milk = fill_cart_with_milk(app)
    created = ok(app.create())
    assert created == {"message": "Order created", "order_id": created["order_id"], "total": 180}
    assert app.cart() == []
    (order,) = ok(app.cart_order.get(f"/orders/{app.user_id}"))
    assert OF_ORDERS <= order.keys() and order["_id"] == created["order_id"]
    assert order["items"] == [{"product_id": milk["_id"], "quantity": 3, "price": 60}]
    for word in ("PLACED", "PACKED", "OUT_FOR_DELIVERY", "DELIVERED"):
        if word != "PLACED":
            assert ok(app.move(created["order_id"], word)) == {"message": "Status updated"}
        status = ok(app.status(created["order_id"]))
        assert OF_STATUSES <= status.keys() and status["status"] == word
    refused(app.move(created["order_id"], "PACKED"), 400,
            "Invalid transition from DELIVERED to PACKED")
    assert made == PUBLISHED


@pytest.mark.parametrize("pool", FACTS)
def test_each_service_greets_as_published(open_shop, pool):
    assert ok(open_shop.guest(pool).get("/health")) == {"status": FACTS[pool].greeting}


@pytest.mark.parametrize("user_id", ["user-1", "u", "A_b-9" * 12, "x" * 64, "a" * 24, "1"])
def test_any_published_user_id_has_a_cart(app, user_id):
    app.user_id = f"{user_id[:-6]}{os.urandom(3).hex()}" if len(user_id) > 24 else user_id
    before = len(app.cart())
    ok(app.add(app.milk()["_id"]))
    line = app.cart()[-1]
    assert len(app.cart()) == before + 1
    ok(app.cart_order.delete(f"/cart/remove/{line['_id']}"))


@pytest.mark.parametrize("user_id", ["", "x" * 65, "a b", "a.b", "é", "a/b", "$ne", None, 1])
def test_another_user_id_is_invalid(app, user_id):
    app.user_id = user_id
    invalid(app.add(app.milk()["_id"]), "user_id")
    invalid(app.create(), "user_id")


def test_a_malformed_user_id_in_a_path_is_refused(app):
    for bad in ("x" * 65, "a.b", "%20", "%C3%A9", "$ne"):
        client_error(app.cart_order.get(f"/cart/{bad}"))
        client_error(app.cart_order.get(f"/orders/{bad}"))


def test_the_refusals_are_the_published_ones(app):
    refused(app.add(UNKNOWN_ID), 404, "Product not found")
    refused(app.create(), 400, "Cart is empty")
    refused(app.cart_order.put(f"/cart/increase/{UNKNOWN_ID}"), 404, "Item not found")
    refused(app.status(UNKNOWN_ID), 404, "Order not found")
    refused(app.move(UNKNOWN_ID, "PACKED"), 400, "Order must start with PLACED")


def test_the_profile_still_needs_a_token(app):
    refused(app.user.get("/profile"), 401, "Missing token")
    refused(app.user.get("/profile", headers={"Authorization": "x"}), 401, "Invalid token format")


@pytest.mark.parametrize("header, detail", [
    ("Bearer garbage", "Invalid or expired token"), ("Token x", "Invalid token format")])
def test_a_bad_token_is_refused_with_auth_required_off(app, header, detail):
    headers = {"Authorization": header}
    body = {"user_id": app.user_id, "product_id": UNKNOWN_ID, "quantity": 1}
    for answer in (
            app.cart_order.get(f"/cart/{app.user_id}", headers=headers),
            app.cart_order.post("/cart/add", body, headers=headers),
            app.cart_order.put(f"/cart/increase/{UNKNOWN_ID}", headers=headers),
            app.cart_order.post("/order/create", {"user_id": app.user_id}, headers=headers),
            app.cart_order.get(f"/orders/{app.user_id}", headers=headers),
            app.delivery.get(f"/order/{UNKNOWN_ID}/status", headers=headers),
            app.delivery.post(f"/order/{UNKNOWN_ID}/update-status", {"status": "PACKED"},
                              headers=headers)):
        refused(answer, 401, detail)


def test_a_token_restricts_a_call_to_its_user(open_shop, app):
    ok(app.add(app.milk()["_id"]))
    (line,) = app.cart()
    order_id = ok(app.create())["order_id"]
    ok(app.add(app.milk()["_id"]))
    (line,) = app.cart()
    other = open_shop.new_shopper()
    refused(other.get(f"/cart/{app.user_id}"), 403, "Forbidden")
    refused(other.post("/order/create", {"user_id": app.user_id}), 403, "Forbidden")
    refused(other.delete(f"/cart/remove/{line['_id']}"), 404, "Item not found")
    refused(other.get(f"/order/{order_id}/status"), 404, "Order not found")
    refused(other.post(f"/order/{order_id}/update-status", {"status": "PACKED"}), 403, "Forbidden")
    ok(open_shop.staff("courier").post(f"/order/{order_id}/update-status", {"status": "PACKED"}))


def test_creating_a_delivery_needs_a_token(open_shop, app):
    order_id = os.urandom(12).hex()
    refused(app.move(order_id, "PLACED"), 401, "Missing token")
    refused(app.status(order_id), 404, "Order not found")
    path = f"/order/{order_id}/update-status"
    refused(open_shop.staff("courier").post(path, {"status": "PLACED"}), 404, "Order not found")
    ok(app.add(app.milk()["_id"]))
    placed = ok(app.create())["order_id"]
    wait_until(lambda: app.status(placed).status == 200, 10, "delivery has the order")
    refused(app.move(placed, "PLACED"), 400, "Invalid transition from PLACED to PLACED")


def test_the_services_log_a_warning_at_start(open_shop):
    for pool in ("cart_order", "delivery"):
        assert any("AUTH_REQUIRED" in line and '"warning"' in line
                   for line in open_shop.log_lines(pool)), pool


def test_a_token_of_a_published_user_id_is_no_account(open_shop):
    token = sign(open_shop.secret, claims(UNKNOWN_ID, "customer"))
    refused(open_shop.guest().with_token(token).get("/profile"), 404, "User not found")
