"""Malformed input of every kind on every route brings 4xx, never 5xx, and harms no worker."""

import json

import pytest

from checks import client_error, invalid, ok, refused
from client import send_raw
from instance import POOLS
from malformed import (BAD_ENCODINGS, BAD_IDS, GOOD_TYPES, HEADERS, QUERIES, WRONG_TYPES,
                       is_readable, no_json, wrong_fields)
from routes import (ANYONE, CANCEL, KIB, PUBLIC, ROUTES, Scene, body_max, printed, title)

WITH_BODY = [key for key, route in PUBLIC.items() if route.body]
WITH_IDS = [key for key, route in PUBLIC.items() if "{" in key[1]]

every = pytest.mark.parametrize("key", PUBLIC, ids=title)
with_body = pytest.mark.parametrize("key", WITH_BODY, ids=title)
with_ids = pytest.mark.parametrize("key", WITH_IDS, ids=title)


@pytest.fixture(scope="module")
def scene(shop, milk):
    return Scene(shop, milk)


@pytest.fixture(scope="module", autouse=True)
def no_worker_dies(shop):
    """The supervisor replaces a crashed worker at once: the process ids must not change."""
    before = {pool: shop.workers(pool) for pool in POOLS}
    assert all(before.values()), before
    yield
    assert {pool: shop.workers(pool) for pool in POOLS} == before
    for pool in POOLS:
        ok(shop.guest(pool).get("/health"))


class Caller:
    """Calls a route with a permitted role; changes the address because of the rate limits."""

    def __init__(self, shop, scene, key):
        self.shop, self.scene, self.key = shop, scene, key
        self.route = ROUTES[key]
        self.calls = 0
        self.renew()

    def renew(self):
        if self.route.access == ANYONE:
            self.client = self.shop.guest()
        else:
            self.client = self.scene.caller(self.key)

    def __call__(self, **more):
        self.calls += 1
        if self.calls % 15 == 0:
            self.client.close()
            self.renew()
        return self.scene.call(self.client, self.key, **more)

    def at(self, path, **more):
        """Calls another path than the route's own."""
        self.calls += 1
        if self.calls % 15 == 0:
            self.client.close()
            self.renew()
        return self.client.call(self.key[0], path, self.scene.body(self.route),
                                listener=self.route.listener, **more)


@pytest.fixture
def caller(shop, scene, key):
    made = Caller(shop, scene, key)
    yield made
    made.client.close()


def test_the_tables_have_every_route_of_the_binaries():
    assert set(ROUTES) == set(printed())
    for key, route in PUBLIC.items():
        assert key[0] != "POST" or key == CANCEL or route.body, f"{key} has no body to break"
        if route.body:
            assert set(route.wrong) == set(route.body), f"{key}: a field without wrong values"


@with_body
def test_malformed_json_is_422(caller, scene):
    for body in no_json(scene.body(caller.route), body_max(caller.key)):
        answer = caller(data=body)
        assert answer.status == 422, (body[:200], answer)
        invalid(answer)


@with_body
def test_a_wrong_field_is_422_and_named(caller, scene):
    for name, body in wrong_fields(scene.body(caller.route), caller.route.wrong):
        answer = caller(json_body=body)
        assert answer.status == 422, (name, str(body)[:200], answer)
        invalid(answer, *([name] if is_readable(body.get(name)) else []))


@with_body
def test_a_validation_error_never_repeats_the_input(caller, scene):
    for name in caller.route.wrong:
        answer = caller(json_body={**scene.body(caller.route), name: {"mark": "zq9mark"}})
        assert "zq9mark" not in answer.text


@with_body
def test_another_content_type_is_415(caller):
    for kind in WRONG_TYPES:
        refused(caller(headers={"Content-Type": kind}), 415, "Unsupported media type")


@with_body
def test_any_spelling_of_the_json_content_type_is_accepted(caller):
    for kind in GOOD_TYPES:
        invalid(caller(data=b"{}", headers={"Content-Type": kind}), *caller.route.wrong)
    invalid(caller(data=b"{}", headers={"Content-Type": ""}), *caller.route.wrong)


@with_body
def test_a_body_over_its_limit_is_413(caller, scene):
    body = json.dumps(scene.body(caller.route)).encode()
    most = body_max(caller.key)
    too_large = body + b" " * (most + 1 - len(body))
    refused(caller(data=too_large), 413, "Request body too large")
    refused(caller(data=too_large * 16), 413, "Request body too large")
    invalid(caller(data=b"{}" + b" " * (most - 2)), *caller.route.wrong)


@with_body
def test_a_chunked_body_is_read_and_limited_alike(shop, scene, key):
    token = scene.caller(key).token
    head = (f"{key[0]} {scene.path(key[1])} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            f"Authorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\n").encode()
    port = shop.ports["gateway"]
    invalid(send_raw(port, head + b"\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), *PUBLIC[key].wrong)
    pieces = (b"400\r\n" + b" " * KIB + b"\r\n") * (body_max(key) // KIB)
    refused(send_raw(port, head + b"\r\n" + pieces + b"1\r\n \r\n0\r\n\r\n"),
            413, "Request body too large")
    for broken in (b"zz\r\n{}\r\n0\r\n\r\n", b"-1\r\n{}\r\n0\r\n\r\n", b"2\r\n{}x\r\n0\r\n\r\n"):
        assert send_raw(port, head + b"\r\n" + broken).status == 400
    client_error(send_raw(port, head + b"Content-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n"))


@with_ids
def test_a_malformed_id_is_refused(caller, scene):
    expected = list(caller.route.ids.values())
    names = [name for name in scene.names if f"{{{name}}}" in caller.key[1]]
    for bad in BAD_IDS:
        answer = caller.at(scene.path(caller.key[1], **{names[0]: bad}))
        client_error(answer)
        plain = "%00" not in bad and "%2" not in bad.lower() and bad != ";"
        if expected and plain and caller.key[1].startswith(("/products", "/cart")):
            refused(answer, *expected[0])


@with_body
def test_a_malformed_id_in_a_body_is_treated_as_unknown(caller, scene):
    for name in set(caller.route.ids) & set(caller.route.body):
        for bad in ["", "0", "x" * 24, "a" * 25, "%00", "\u202e", "😀", "a" * 3000, "$ne"]:
            body = {**scene.body(caller.route), name: bad}
            refused(caller(json_body=body), *caller.route.ids[name])


@every
def test_odd_encodings_in_a_path_are_client_errors(caller, scene):
    path = scene.path(caller.key[1])
    for bad in BAD_ENCODINGS:
        client_error(caller.at(path + bad))
        client_error(caller.at(f"/{bad}{path}"))


@every
def test_a_trailing_slash_is_another_path(caller, scene):
    for end in ("/", "//", "/x", "/%2F", "."):
        answer = caller.at(scene.path(caller.key[1]) + end)
        assert answer.status in (403, 404, 405, 422), (end, answer)
        client_error(answer)
    refused(caller.at(scene.path(caller.key[1]) + "/"), 404, "Not Found")


@every
def test_odd_queries_and_headers_cause_no_server_error(caller, shop):
    for query in QUERIES:
        answer = caller.at(caller.scene.path(
            caller.key[1], order_id=caller.scene.order_of(caller.key)) + "?" + query)
        assert answer.status < 500, (query, answer)
    for name, value in HEADERS:
        headers = [(name, value.encode("latin-1"))]
        answer = caller(headers=headers)
        assert answer.status < 500, (name, value, answer)
        if answer.status >= 400 and answer.status != 412:
            client_error(answer)


@every
def test_an_unexpected_body_is_ignored(caller):
    if caller.route.body:
        return
    most = body_max(caller.key)
    for body in (b"{", b"\xff" * 1000, b"[" * most, b" " * (most + 1)):
        answer = caller(data=body)
        assert answer.status < 500, (body[:20], answer)


@every
def test_two_tokens_are_refused_or_ignored(caller, scene):
    headers = [("Authorization", f"Bearer {scene.shopper.token}"), ("Authorization", "Bearer x")]
    answer = caller(headers=headers)
    assert answer.status < 500
    if caller.route.access != ANYONE:
        client_error(answer)
