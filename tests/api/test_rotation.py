"""Rotation of the token secrets and revocation of a role, without ending other sessions."""

import os
import subprocess
import time

import pytest

from checks import ok
from client import SECRETS
from instance import BINARIES, DEMO_PASSWORD, Shop, check_logs
from journey import ordered, set_stock, wait_for_delivery_record
from tokens import claims, service_token, sign

FIRST, SECOND, THIRD, FOURTH = (os.urandom(24).hex() for _ in range(4))
BINARY_FOLDER = os.environ.get("BIN_DIR", str(BINARIES))


@pytest.fixture
def rotating():
    shop = Shop("rotating", JWT_SECRET=FIRST, SERVICE_SECRET=THIRD, PROCESSES="1",
                PUBLIC_URL="https://shop.example/")
    SECRETS.update((FIRST, SECOND, THIRD, FOURTH))
    shop.up()
    yield shop
    shop.down()
    check_logs(shop)


def restart(shop, **settings):
    """Restarts the system with other settings and the same data."""
    assert shop.script("down").returncode == 0
    shop.env.update(settings)
    done = shop.script("up")
    assert done.returncode == 0, f"{done.stdout}\n{shop.log_tail()}"


def profile(client):
    return client.get("/profile").status


def call_as_service(shop, token):
    """The answer to an internal call with a token."""
    return shop.guest("internal").with_token(token).get("/internal/products").status


def test_secrets_are_rotated_and_a_role_is_revoked(rotating):
    shop = rotating
    early = shop.new_shopper()
    milk = next(p for p in ok(shop.guest().get("/products?q=milk")) if p["name"] == "Milk 1L")
    assert milk["image_url"].startswith("https://shop.example/pictures/")  # one slash between origin and path

    before = service_token(shop)
    restart(shop, JWT_SECRET=SECOND, JWT_SECRET_OLD=FIRST, SERVICE_SECRET=FOURTH, SERVICE_SECRET_OLD=THIRD)
    assert [call_as_service(shop, before), call_as_service(shop, service_token(shop))] == [200, 200]
    late = shop.new_shopper()
    assert [profile(early), profile(late)] == [200, 200]
    assert profile(shop.guest().with_token(sign(FIRST, claims(early.user_id)))) == 200
    # Tokens of before are valid, and internal calls succeed.
    set_stock(shop, milk, 100)
    wait_for_delivery_record(early, ordered(early, milk))
    courier = shop.login("courier@example.com", DEMO_PASSWORD)
    assert courier.get("/deliveries").status == 200

    # Two hours later the tokens of before have expired: the old secret is removed, its tokens are refused,
    # and the courier has lost the role.
    done = subprocess.run([BINARY_FOLDER + "/seed", "--grant", "customer", courier.user_id, "--yes"],
                          env={**os.environ, "MONGODB_URI": shop.database}, check=False)
    assert done.returncode == 0
    admin = shop.login("admin@example.com", DEMO_PASSWORD)
    assert courier.get("/deliveries").status == 200  # the token has the role for two hours
    restart(shop, JWT_SECRET_OLD="", SERVICE_SECRET_OLD="", STAFF_TOKENS_SINCE=str(int(time.time())))
    assert [profile(early), profile(late)] == [401, 200]
    assert [call_as_service(shop, before), call_as_service(shop, service_token(shop))] == [401, 200]
    assert profile(shop.guest().with_token(sign(SECOND, claims(early.user_id)))) == 200
    assert courier.get("/deliveries").status == 401 and admin.get("/deliveries").status == 401
    again = shop.login("courier@example.com", DEMO_PASSWORD)
    assert again.get("/deliveries").status == 403 and profile(again) == 200
    assert shop.login("admin@example.com", DEMO_PASSWORD).get("/deliveries").status == 200


@pytest.mark.parametrize("settings, message", [
    ({"JWT_SECRET_OLD": "short"}, "JWT_SECRET_OLD"),
    ({"STAFF_TOKENS_SINCE": "today"}, "STAFF_TOKENS_SINCE"),
    ({"STAFF_TOKENS_SINCE": "1795000000000"}, "STAFF_TOKENS_SINCE"),
    ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http:"}, "OTEL_EXPORTER_OTLP_ENDPOINT")])
def test_wrong_settings_are_reported_before_the_start(settings, message):
    done = Shop("wrong-settings", **settings).script("up")
    assert done.returncode and message in done.stdout, done.stdout
    assert "short" not in done.stdout
