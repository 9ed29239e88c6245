"""From sign-up to the delivery with generated clients."""

import importlib
import os
import sys
import types
from datetime import datetime, timezone

import pytest

import generators


class Api:
    """The functions of shop_client: api.cart_order.add_to_cart."""

    def __getattr__(self, tag):
        package = f"shop_client.api.{tag}"

        class Tag:
            def __getattr__(self, name):
                return importlib.import_module(f"{package}.{name}").sync_detailed

        return Tag()


api = Api()


@pytest.fixture(scope="module")
def client(generated):
    """The generated package."""
    sys.path.insert(0, str(generators.OUT))
    return types.SimpleNamespace(**{**vars(importlib.import_module("shop_client")),
                                    **vars(importlib.import_module("shop_client.models"))})


@pytest.fixture(scope="module")
def stranger(client, url):
    return client.Client(base_url=url, raise_on_unexpected_status=True)


def logged_in(client, stranger, url, email, password):
    """(a client with its token, the user's id)."""
    answer = api.user.login(client=stranger, body=client.Credentials(email=email, password=password))
    assert answer.status_code == 200
    token = answer.parsed
    assert len(answer.headers["X-Device"]) == 80
    return client.AuthenticatedClient(base_url=url, token=token.access_token,
                                      raise_on_unexpected_status=True), token.user_id


@pytest.fixture(scope="module")
def me(client, stranger, url):
    email = f"py{os.urandom(6).hex()}@example.com"
    body = client.Registration(name="Asha", email=email, password="correct horse", otp="1234")
    made = api.user.register(client=stranger, body=body)
    assert made.parsed.message == "User created successfully"
    again = api.user.register(client=stranger, body=body)
    assert (again.status_code, again.parsed.code) == (400, "email_already_exists")
    return logged_in(client, stranger, url, email, "correct horse")


@pytest.fixture(scope="module")
def courier(client, stranger, url, demo_password):
    return logged_in(client, stranger, url, "courier@example.com", demo_password)[0]


@pytest.fixture(scope="module")
def products(client, stranger):
    answer = api.product.list_products(client=stranger, q="milk", limit=5)
    assert answer.status_code == 200 and answer.parsed
    assert isinstance(answer.parsed[0], client.Product)
    one = api.product.get_product(answer.parsed[0].field_id, client=stranger).parsed
    assert one.to_dict() == answer.parsed[0].to_dict()
    assert one.category in api.product.list_categories(client=stranger).parsed
    return [product for product in answer.parsed if product.available]


def ordered(client, me, products, **key):
    """Fills the cart and orders it: (the order's id, its total)."""
    mine, user_id = me
    for product in products[:2]:
        answer = api.cart_order.add_to_cart(client=mine, body=client.CartAddition(
            user_id=user_id, product_id=product.field_id, quantity=2))
        assert isinstance(answer.parsed, client.Message), answer
    lines = api.cart_order.get_cart(user_id, client=mine).parsed
    total = round(sum(line.price * line.quantity for line in lines), 2)
    answer = api.cart_order.create_order(client=mine, body=client.OrderRequest(
        user_id=user_id, expected_total=total), **key)
    assert isinstance(answer.parsed, client.CreatedOrder), answer
    assert answer.parsed.total == total
    return answer.parsed.order_id, total


def test_the_profile_is_that_of_the_user(client, me):
    profile = api.user.get_profile(client=me[0]).parsed
    assert (profile.id, profile.name) == (me[1], "Asha")
    assert (datetime.now(timezone.utc) - profile.created_at).total_seconds() < 600


def test_an_order_is_tracked_to_its_delivery(client, me, courier, products):
    order_id, total = ordered(client, me, products, idempotency_key="door")
    for word in ("PACKED", "OUT_FOR_DELIVERY", "DELIVERED"):
        status = client.OrderStatus(word)
        moved = api.delivery.update_order_status(
            order_id, client=courier, body=client.StatusUpdate(status=status))
        assert isinstance(moved.parsed, client.Message), moved
        assert api.delivery.get_order_status(order_id, client=me[0]).parsed.status is status
    order = api.cart_order.get_order(order_id, client=me[0]).parsed
    assert order.status is client.OrderStatus.DELIVERED
    assert [event.status.value for event in order.history] == [
        "PLACED", "PACKED", "OUT_FOR_DELIVERY", "DELIVERED"]
    listed = api.cart_order.list_orders(me[1], client=me[0], limit=1).parsed
    assert (listed[0].field_id, listed[0].total) == (order_id, total)
    stream = api.delivery.stream_order_status(order_id, client=me[0])
    assert stream.status_code == 200 and '"DELIVERED"' in stream.parsed


def test_an_order_is_cancelled(client, me, products):
    order_id, _ = ordered(client, me, products)
    cancelled = api.cart_order.cancel_order(order_id, client=me[0]).parsed
    assert (cancelled.order_id, cancelled.message.value) == (order_id, "Order cancelled")
    order = api.cart_order.get_order(order_id, client=me[0]).parsed
    assert order.status is client.OrderStatus.CANCELLED


def test_refusals_have_the_common_error_type(client, stranger, me, products):
    mine, user_id = me
    empty = api.cart_order.create_order(client=mine, body=client.OrderRequest(user_id=user_id))
    assert isinstance(empty.parsed, client.Error) and empty.parsed.code == "cart_is_empty"
    none = api.product.get_product("0" * 24, client=stranger)
    assert (none.status_code, none.parsed.code) == (404, "product_not_found")
    wrong = api.cart_order.add_to_cart(client=mine, body=client.CartAddition(
        user_id=user_id, product_id=products[0].field_id, quantity=100))
    assert isinstance(wrong.parsed, client.ValidationError)
    assert wrong.parsed.detail[0].loc == ["body", "quantity"]


def test_the_typescript_client_makes_the_journey(compiled, url):
    assert compiled[0] == 0, compiled[1]
    code, text = generators.run("node", generators.OUT / "js" / "journey.js", url)
    assert (code, text) == (0, "done\n"), text
