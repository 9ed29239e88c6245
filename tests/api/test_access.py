"""Access: every route without a token, with a bad one, as another user, in a wrong role."""

import hashlib
import json
import time

import pytest

from checks import REQUEST_ID, UNKNOWN_ID, ok, refused
from instance import POOLS
from journey import cart
from routes import (ADMIN, ANYONE, CALLERS, CREW, EVERYONE, INTERNAL, PUBLIC, ROUTES, SHOPPER,
                    STAFF, Scene, printed, served, title)
from tokens import claims, encode, service_token, sign

DAY = 24 * 3600
GUARDED = {key: route for key, route in PUBLIC.items() if route.access != ANYONE}
OPEN = [key for key, route in PUBLIC.items() if route.access == ANYONE]
INTERNAL_KEYS = [key for key, route in ROUTES.items() if route.access == INTERNAL]

every = pytest.mark.parametrize("key", GUARDED, ids=title)


@pytest.fixture(scope="module")
def scene(shop, milk):
    """The owner of the ids in the refused calls, none of which may change anything."""
    return Scene(shop, milk)


def test_the_table_has_every_route_of_the_binaries():
    assert set(ROUTES) == set(printed())


def test_the_table_agrees_with_the_binaries_on_roles():
    people = {"customer", "courier", "admin"}
    roles = {ANYONE: {"public"}, EVERYONE: people | {"service"}, SHOPPER: people,
             STAFF: {"courier", "admin", "service"}, CREW: {"courier", "admin"},
             ADMIN: {"admin"}}
    for key, found in printed().items():
        row = ROUTES[key].access
        assert (row == INTERNAL) == ("internal" in found), key
        if row != INTERNAL:
            assert found - {"auth-optional"} == roles[row], key


@every
def test_a_call_without_a_token_is_refused(scene, guest, key):
    refused(scene.call(guest, key), 401, "Missing token")


@every
def test_a_call_without_a_token_is_refused_on_the_published_port(shop, scene, key):
    owners = [pool for pool in POOLS if scene.call(
        shop.guest(), key, listener=pool).status != 404]
    assert len(owners) == 1, owners
    refused(scene.call(shop.guest(), key, listener=owners[0]), 401, "Missing token")


@every
@pytest.mark.parametrize("header", ["Bearer", "Token abc", "Basic dXNlcjpwYXNz", "{token}",
                                    "Bearer{token}", "Bearer  ", "Bearer: {token}"])
def test_a_malformed_authorization_header_is_refused(scene, guest, key, header):
    header = header.format(token=scene.shopper.token)
    answer = scene.call(guest, key, headers={"Authorization": header})
    refused(answer, 401, "Invalid token format")


@every
@pytest.mark.parametrize("header", ["Bearer {token} x", "Bearer {token}, Bearer {token}",
                                    "Bearer\t{token}", "bearer,{token}", ""])
def test_an_ambiguous_authorization_header_is_refused(scene, guest, key, header):
    header = header.format(token=scene.shopper.token)
    answer = scene.call(guest, key, headers={"Authorization": header})
    assert answer.status == 401, answer
    refused(answer, 401, answer.json()["detail"])


@every
def test_two_authorization_headers_are_refused(scene, guest, key):
    headers = [("Authorization", f"Bearer {scene.shopper.token}")] * 2
    answer = scene.call(guest, key, headers=headers)
    assert answer.status in (400, 401), answer
    assert REQUEST_ID.match(answer.header("X-Request-ID"))


def token_with_header(secret, good, **header):
    """A token with a valid signature and a wrong header."""
    head = encode(json.dumps(header).encode())
    right = sign(secret, good).split(".")
    return ".".join([head, right[1], right[2]])


BAD_TOKENS = {
    "garbage": lambda secret, good: "garbage",
    "three dots": lambda secret, good: "...",
    "not encoded": lambda secret, good: "a.b.c",
    "expired": lambda secret, good: sign(secret, {**good, "exp": int(time.time()) - 5}),
    "no expiry": lambda secret, good: sign(secret, {k: good[k] for k in good if k != "exp"}),
    "expiry as text": lambda secret, good: sign(secret, {**good, "exp": str(good["exp"])}),
    "expiry null": lambda secret, good: sign(secret, {**good, "exp": None}),
    "expiry negative": lambda secret, good: sign(secret, {**good, "exp": -1}),
    "expiry in two days": lambda secret, good: sign(secret, {**good, "exp": int(time.time()) + 2 * DAY}),
    "no issue time, two days": lambda secret, good: sign(
        secret, {k: v for k, v in {**good, "exp": good["exp"] + 2 * DAY}.items() if k != "iat"}),
    "issued in two minutes": lambda secret, good: sign(secret, {**good, "iat": good["iat"] + 120}),
    "issued as text": lambda secret, good: sign(secret, {**good, "iat": str(good["iat"])}),
    "issued negative": lambda secret, good: sign(secret, {**good, "iat": -1}),
    "for services": lambda secret, good: sign(secret, {**good, "aud": "shop-internal"}),
    "for others": lambda secret, good: sign(secret, {**good, "aud": "another shop"}),
    "for several": lambda secret, good: sign(secret, {**good, "aud": ["shop", "shop-internal"]}),
    "for null": lambda secret, good: sign(secret, {**good, "aud": None}),
    "of a service": lambda secret, good: sign(secret, {**good, "role": "service"}),
    "not yet": lambda secret, good: sign(secret, {**good, "nbf": int(time.time()) + 600}),
    "alg none": lambda secret, good: sign(secret, good, "none"),
    "alg None": lambda secret, good: sign(secret, good, "None"),
    "alg none, signed": lambda secret, good: token_with_header(secret, good, alg="none", typ="JWT"),
    "no alg": lambda secret, good: token_with_header(secret, good, typ="JWT"),
    "no signature": lambda secret, good: sign(secret, good).rsplit(".", 1)[0] + ".",
    "two parts": lambda secret, good: sign(secret, good).rsplit(".", 1)[0],
    "four parts": lambda secret, good: sign(secret, good) + ".x",
    "cut signature": lambda secret, good: sign(secret, good)[:-4],
    "another secret": lambda secret, good: sign("0" * 64, good),
    "empty secret": lambda secret, good: sign("", good),
    "hashed secret": lambda secret, good: sign(hashlib.sha256(secret.encode()).hexdigest(), good),
    "HS384": lambda secret, good: sign(secret, good, "HS384"),
    "HS512": lambda secret, good: sign(secret, good, "HS512"),
    "no user": lambda secret, good: sign(secret, {k: good[k] for k in good if k != "user_id"}),
    "user as number": lambda secret, good: sign(secret, {**good, "user_id": 1}),
    "user null": lambda secret, good: sign(secret, {**good, "user_id": None}),
    "user empty": lambda secret, good: sign(secret, {**good, "user_id": ""}),
    "user too long": lambda secret, good: sign(secret, {**good, "user_id": "a" * 1000}),
    "unknown role": lambda secret, good: sign(secret, {**good, "role": "superuser"}),
    "role as list": lambda secret, good: sign(secret, {**good, "role": ["admin", "courier"]}),
    "role as number": lambda secret, good: sign(secret, {**good, "role": 2}),
    "claims are a list": lambda secret, good: sign(secret, b"[1]"),
    "claims are no JSON": lambda secret, good: sign(secret, b"\xff{"),
    "too long": lambda secret, good: sign(secret, {**good, "x": "y" * 3000}),
}


@every
@pytest.mark.parametrize("make", BAD_TOKENS.values(), ids=list(BAD_TOKENS))
def test_a_bad_token_is_refused(shop, scene, guest, key, make):
    # The role is permitted, so that only the token is wrong.
    role = CALLERS.get(GUARDED[key].access, "customer")
    token = make(shop.secret, claims(scene.names["user_id"], role))
    refused(scene.call(guest.with_token(token), key), 401, "Invalid or expired token")


@every
def test_a_tampered_token_is_refused(shop, scene, guest, key):
    head, _, mac = sign(shop.secret, claims(UNKNOWN_ID, "customer")).split(".")
    forged = encode(json.dumps(claims(scene.names["user_id"], "admin")).encode())
    answer = scene.call(guest.with_token(f"{head}.{forged}.{mac}"), key)
    refused(answer, 401, "Invalid or expired token")


FOREIGN = [key for key, route in GUARDED.items() if route.foreign]


@pytest.mark.parametrize("key", FOREIGN, ids=title)
def test_another_customers_resource_is_refused(scene, shopper, key):
    refused(scene.call(shopper, key), *GUARDED[key].foreign)


OWN = [key for key in FOREIGN if GUARDED[key].access == SHOPPER and key[0] != "GET"]


@pytest.mark.parametrize("key", OWN, ids=title)
@pytest.mark.parametrize("role", ["courier", "admin"])
def test_staff_cannot_change_a_customers_resource(shop, scene, key, role):
    if role in GUARDED[key].for_others:
        return
    refused(scene.call(shop.staff(role), key), *GUARDED[key].foreign)


LIMITED = [key for key, route in GUARDED.items() if route.access != EVERYONE]


@pytest.mark.parametrize("key", LIMITED, ids=title)
def test_a_role_without_permission_is_forbidden(shop, scene, guest, key):
    wrong = {STAFF: "customer", ADMIN: "courier"}.get(GUARDED[key].access)
    token = (sign(shop.secret, claims(scene.names["user_id"], wrong)) if wrong
             else service_token(shop, user_id=scene.names["user_id"]))
    refused(scene.call(guest.with_token(token), key), 403, "Forbidden")


@every
def test_a_service_token_is_refused_on_public_listeners(shop, scene, key):
    """With the service secret, and as the previous version makes it."""
    for token in (service_token(shop), sign(shop.secret, claims("0" * 24, "service", aud=None))):
        refused(scene.call(shop.guest().with_token(token), key), 403, "Forbidden")


@every
def test_a_token_without_a_role_is_a_customer_token(shop, milk, guest, key):
    scene = Scene(shop, milk)
    token = sign(shop.secret, claims(scene.names["user_id"]))
    answer = scene.call(guest.with_token(token), key)
    if GUARDED[key].access in CALLERS:
        refused(answer, 403, "Forbidden")
    else:
        served(key, answer)


def test_refused_calls_changed_nothing(scene):
    lines = cart(scene.shopper)
    assert [(line["_id"], line["quantity"]) for line in lines] == [(scene.names["cart_id"], 1)]
    found = ok(scene.shopper.get(f"/order/{scene.names['order_id']}/status"))
    assert found["status"] == "PLACED"
    assert len(ok(scene.shopper.get(f"/orders/{scene.names['user_id']}"))) == 1


@every
def test_the_owner_or_permitted_staff_succeeds(shop, milk, key):
    scene = Scene(shop, milk)
    served(key, scene.call(scene.caller(key), key))


@pytest.mark.parametrize("key, role", [(key, role) for key, route in GUARDED.items()
                                       for role in route.for_others],
                         ids=lambda value: value if isinstance(value, str) else title(value))
def test_staff_may_call_for_another_user(shop, milk, key, role):
    ok(Scene(shop, milk).call(shop.staff(role), key))


@pytest.mark.parametrize("key", [key for key in OPEN if key[0] == "GET"], ids=title)
@pytest.mark.parametrize("header", [None, "Bearer garbage", "Basic x"])
def test_a_public_route_ignores_the_authorization_header(scene, guest, key, header):
    headers = {"Authorization": header} if header else {}
    ok(scene.call(guest, key, headers=headers))


@pytest.mark.parametrize("key", INTERNAL_KEYS, ids=title)
def test_an_internal_route_is_not_found_on_public_listeners(shop, scene, key):
    service = service_token(shop)
    for listener in ("gateway", *POOLS):
        for client in (shop.guest(), shop.guest().with_token(service)):
            refused(scene.call(client, key, listener=listener), 404, "Not Found")


def test_internal_routes_require_a_service_token(shop, shopper):
    internal_client = shop.guest("internal")
    service = service_token(shop)
    refused(internal_client.get("/internal/products"), 401, "Missing token")
    for client in (shopper, shop.staff("admin")):
        refused(internal_client.with_token(client.token).get("/internal/products"), 403, "Forbidden")
    expired = service_token(shop, -5)
    refused(internal_client.with_token(expired).get("/internal/products"), 401, "Invalid or expired token")
    ok(internal_client.with_token(service).get("/internal/products"))


def test_a_service_token_is_verified_with_the_service_secret(shop):
    internal_client = shop.guest("internal")
    service, admin = claims("0" * 24, "service"), claims("0" * 24, "admin")
    for secret, payload in (
            (shop.secret, service), (shop.secret, {**service, "aud": "shop-internal"}),
            (shop.service_secret, service), (shop.service_secret, {**service, "aud": ""}),
            (shop.service_secret, {k: v for k, v in service.items() if k != "aud"}),
            (shop.service_secret, admin), (shop.service_secret, {**admin, "aud": "shop-internal"})):
        answer = internal_client.with_token(sign(secret, payload)).get("/internal/products")
        refused(answer, 401, "Invalid or expired token")
    ok(internal_client.with_token(service_token(shop)).get("/internal/products"))


def test_tokens_of_the_previous_version_are_accepted_until_they_expire(shop, shopper):
    """token_compat: old and new processes call each other during an update."""
    before = sign(shop.secret, claims("0" * 24, "service", aud=None))
    ok(shop.guest("internal").with_token(before).get("/internal/products"))
    mine = sign(shop.secret, claims(shopper.user_id, "customer", aud=None))
    ok(shop.guest().with_token(mine).get("/profile"))
