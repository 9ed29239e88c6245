"""/openapi.json and /docs, as the gateway serves them."""

import re

import pytest

from instance import BINARIES, POOLS, ROOT
from routes import PUBLIC, Scene

SWAGGER = ("/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css")
PAGE = ("/docs/page.js", "/docs/page.css")
TRUSTED_TYPES = "require-trusted-types-for"


@pytest.fixture(scope="module")
def document(shop):
    answer = shop.guest().get("/openapi.json")
    assert answer.status == 200, answer
    return answer.json()


@pytest.fixture(scope="module")
def scene(shop, milk):
    return Scene(shop, milk)


def test_the_served_description_is_that_of_the_build(guest):
    answer = guest.get("/openapi.json")
    built = BINARIES.parent / "openapi.json"
    assert answer.status == 200 and answer.body == built.read_bytes()
    assert answer.header("Content-Type") == "application/json"


def test_the_description_has_an_etag(guest):
    tag = guest.get("/openapi.json").header("ETag")
    again = guest.get("/openapi.json", headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    assert guest.head("/openapi.json").header("ETag") == tag


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", *SWAGGER, *PAGE])
def test_the_description_and_its_page_are_read_only(guest, path):
    assert guest.head(path).status == 200
    answer = guest.post(path, {})
    assert (answer.status, answer.header("Allow")) == (405, "GET, HEAD"), answer


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", SWAGGER[0]])
@pytest.mark.parametrize("pool", POOLS)
def test_published_ports_serve_no_description(guest, pool, path):
    assert guest.get(path, listener=pool).status == 404


def test_every_public_route_is_described(document):
    described = {(method.upper(), path) for path, item in document["paths"].items()
                 for method in item if method != "servers"}
    health = {(method, path.split(":", 1)[1]) for method, path in PUBLIC if ":" in path}
    assert described == {key for key in PUBLIC if ":" not in key[1]} | health


@pytest.mark.parametrize("key", [key for key, route in PUBLIC.items() if route.body],
                         ids=lambda key: " ".join(key))
def test_example_bodies_of_the_description_are_accepted(document, scene, key):
    """Its ids may be unknown, but it is well-formed."""
    method, path = key
    body = document["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]
    example = body["example"]
    if "user_id" in example:
        example |= {"user_id": scene.shopper.user_id}
    answer = scene.call(scene.caller(key), key, json_body=example)
    assert answer.status in (200, 400, 401, 404, 409), answer
    wrong = {name: None for name in example}
    assert scene.call(scene.caller(key), key, json_body=wrong).status == 422


def test_the_page_loads_only_its_own_files(guest):
    html = guest.get("/docs").text
    assert guest.get("/docs").header("Content-Type") == "text/html; charset=utf-8"
    for path in re.findall(r'(?:src|href)="([^"]+)"', html):
        assert path.startswith("/"), path
        assert guest.get(path).status == 200, path
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", html)


def test_the_content_security_policy_of_the_page_is_minimal(guest):
    policy = guest.get("/docs").header("Content-Security-Policy")
    assert policy.startswith("default-src 'self'; img-src 'self' data:;"), policy
    assert "unsafe" not in policy and "*" not in policy and "http" not in policy
    for directive in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in policy
    # Only Swagger UI makes HTML of Markdown.
    assert TRUSTED_TYPES not in policy
    assert TRUSTED_TYPES in guest.get("/").header("Content-Security-Policy")


@pytest.mark.parametrize("path", ["/docs/", "/docs/index.html", "/docs/NOTICE", "/docs/../docs.html",
                                  "/docs/swagger-ui.txt/x", "/docs/x.js"])
def test_other_files_are_not_found(guest, path):
    assert guest.get(path).status == 404


def test_the_licence_of_served_code_is_kept():
    assert "Apache License" in (ROOT / ".deps" / "swagger-ui" / "LICENSE").read_text()
    assert "SmartBear" in (ROOT / "nginx" / "www" / "docs" / "NOTICE").read_text()
