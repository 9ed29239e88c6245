"""Calls of a browser app on another origin."""

import pytest

from checks import refused

ALLOWED = ["http://localhost", "http://localhost:5173", "http://127.0.0.1:3000"]
FOREIGN_ORIGINS = [
    "https://evil.example", "http://localhost.evil.example", "http://evil.example:80", "null",
    "http://localhost:5173.evil.example", "http://127.0.0.1.evil.example", "http://xlocalhost",
    "http://127x0y0z1", "http://localhost:80@evil.example", "http://localhost:abc"]

REQUEST_HEADERS = {
    "authorization", "content-type", "idempotency-key", "if-none-match", "last-event-id", "x-device",
    "cache-control", "x-requested-with", "traceparent", "tracestate", "baggage"}
EXPOSED = {"etag", "link", "retry-after", "x-request-id", "x-device", "x-missing"}


def words(text):
    return {word.strip().lower() for word in (text or "").split(",")}


def preflight(client, origin, path="/cart/add", method="POST", headers="authorization"):
    return client.call("OPTIONS", path, headers={
        "Origin": origin, "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers})


@pytest.mark.parametrize("origin", ALLOWED)
@pytest.mark.parametrize("method, path", [
    ("POST", "/cart/add"), ("PUT", "/cart/increase/1"), ("DELETE", "/cart/remove/1"),
    ("GET", "/products"), ("POST", "/login"), ("POST", "/order/1/update-status"),
    ("GET", "/order/1/events")])
def test_a_preflight_allows_the_call(guest, origin, method, path):
    answer = preflight(guest, origin, path, method)
    assert answer.status in (200, 204), answer
    assert answer.header("Access-Control-Allow-Origin") == origin
    assert method.lower() in words(answer.header("Access-Control-Allow-Methods"))
    assert words(answer.header("Access-Control-Allow-Headers")) >= REQUEST_HEADERS
    assert "origin" in words(answer.header("Vary"))


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_an_unknown_origin_is_not_allowed(guest, origin):
    for answer in (preflight(guest, origin), guest.get("/products", headers={"Origin": origin})):
        assert answer.header("Access-Control-Allow-Origin") is None, answer


def test_answers_and_errors_allow_the_origin(guest, shopper):
    origin = ALLOWED[1]
    headers = {"Origin": origin}
    answers = [
        (200, guest.get("/products", headers=headers)),
        (200, shopper.get("/profile", headers=headers)),
        (401, guest.get("/profile", headers=headers)),
        (404, guest.get("/nowhere", headers=headers)),
        (405, guest.get("/login", headers=headers)),
        (413, guest.post("/login", data=b" " * 70000, headers=headers)),
        (422, guest.post("/login", {}, headers=headers))]
    for status, answer in answers:
        assert answer.status == status, answer
        assert answer.header("Access-Control-Allow-Origin") == origin, answer
        assert "origin" in words(answer.header("Vary")), answer
        assert words(answer.header("Access-Control-Expose-Headers")) == EXPOSED, answer


@pytest.mark.parametrize("path", ["/products", "/categories", "/products?limit=9"])
def test_a_cached_answer_for_one_origin_is_not_served_to_another(guest, path):
    for origin in (*ALLOWED, FOREIGN_ORIGINS[0], *ALLOWED):
        answer = guest.get(path, headers={"Origin": origin})
        expected = origin if origin in ALLOWED else None
        assert answer.header("Access-Control-Allow-Origin") == expected


def test_a_304_allows_the_origin(guest):
    tag = guest.get("/products").header("ETag")
    answer = guest.get("/products", headers={"Origin": ALLOWED[0], "If-None-Match": tag})
    assert answer.status == 304
    assert answer.header("Access-Control-Allow-Origin") == ALLOWED[0]


def test_no_credentials_are_allowed(guest):
    answer = guest.get("/products", headers={"Origin": ALLOWED[0]})
    assert answer.header("Access-Control-Allow-Credentials") is None


def test_a_preflight_creates_no_order(shopper):
    preflight(shopper, ALLOWED[0], "/order/create")
    refused(shopper.post("/order/create", {"user_id": shopper.user_id}), 400, "Cart is empty")
