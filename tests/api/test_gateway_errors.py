"""The gateway's own errors are JSON like all others."""

import socket

import pytest

from checks import REQUEST_ID, client_error, ok, refused
from client import send_raw
from instance import POOLS
from routes import PUBLIC, Scene, title

METHODS = {"GET", "POST", "PUT", "DELETE", "PATCH"}


@pytest.fixture(scope="module")
def scene(shop, milk):
    return Scene(shop, milk)


@pytest.mark.parametrize("path", [
    "/nowhere", "/Products", "/product", "/productsx", "/cart", "/order", "/orders", "/admin",
    "/order/create/x", "/.git/config", "/etc/passwd", "/pictures/nothing.webp", "/pictures/",
    "/pictures", "/index.php", "/pictures/../nginx.conf", "/favicon.php", "/cart/increase/",
    "/categories.json", "/internal", "/errors/404", "/error.json", "/50x.html", "/_error"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_not_found(guest, method, path):
    answer = guest.call(method, path)
    if method == "POST" and path.startswith("/pictures"):
        assert answer.status in (404, 405), answer
        client_error(answer)
    else:
        refused(answer, 404, "Not Found")


@pytest.mark.parametrize("key", PUBLIC, ids=title)
def test_another_method_is_405_with_the_allowed_methods(scene, shop, key):
    listener = PUBLIC[key].listener
    target = scene.path(key[1])
    # "/cart/add" does not match "/cart/{user_id}".
    allowed = {method for method, path in PUBLIC
               if PUBLIC[method, path].listener == listener and path == key[1]}
    for method in METHODS - allowed:
        answer = shop.guest().call(method, target, listener=listener)
        refused(answer, 405, "Method Not Allowed")
        methods = {word.strip() for word in answer.header("Allow").split(",")}
        assert methods - {"HEAD", "OPTIONS"} == allowed, answer
        assert ("HEAD" in methods) == ("GET" in allowed), answer


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "FOO", "get", "PROPFIND", "X" * 50])
def test_an_unknown_method_is_refused(guest, method):
    answer = guest.call(method, "/products")
    assert answer.status in (400, 405), answer
    client_error(answer)


@pytest.mark.parametrize("request_line", [
    b"GET\r\n\r\n", b"GET /products\x00 HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\nGARBAGE\r\n\r\n",
    b"GET  HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /products HTTP/1.1\r\n\r\n",
    b"GET /pictures/..%2f..%2fnginx.conf HTTP/1.1\r\nHost: x\r\n\r\n",
    b"G\xff\xfe / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /products HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    b"GET /../../etc HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /products/%00 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /products HTTP/1.1\r\nHost: a b\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", b"GET products HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_a_malformed_request_is_refused_in_json(shop, request_line):
    for listener in ("gateway", "user"):
        client_error(send_raw(shop.ports[listener], request_line))


@pytest.mark.parametrize("version", [b"3.0", b"9.9", b"2.1"])
def test_an_unknown_http_version_is_refused_in_json(shop, version):
    answer = send_raw(shop.ports["gateway"], b"GET / HTTP/" + version + b"\r\nHost: x\r\n\r\n")
    assert answer.status in (400, 505), answer  # RFC 9110, 15.6.6
    assert answer.json()["code"] and REQUEST_ID.match(answer.header("X-Request-ID"))


@pytest.mark.parametrize("header", [
    b"Content-Length: -1", b"Content-Length: abc", b"Content-Length: 1\r\nContent-Length: 2",
    b"Content-Length: 99999999999999999999", b"Transfer-Encoding: gzip", b"Content-Length: 0x10",
    b"Transfer-Encoding: chunked\r\nContent-Length: 5", b"Content-Length: 70000"])
def test_a_wrong_length_is_refused_in_json(shop, header):
    request = b"POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + header + b"\r\n\r\n"
    answer = send_raw(shop.ports["gateway"], request)
    # RFC 9112, 6.1 requires 501 for an unknown transfer coding.
    assert answer.status in (400, 413, 501), answer
    assert answer.json()["code"] and REQUEST_ID.match(answer.header("X-Request-ID"))


@pytest.mark.parametrize("path", ["/", "/products", "/login", "/nowhere", "/assets/main.js", "/healthz",
                                  "/order/x/events", "//error.json"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_a_large_body_in_an_unknown_coding_is_refused_in_json(shop, method, path):
    for listener, coding, length, more in (("gateway", "gzip", 4097, ""), ("user", "x, chunked", 70000, ""),
                                           ("gateway", "identity", 10**12, "Upgrade: websocket\r\n"),
                                           ("internal", "gzip", 70000, "")):
        request = (f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{more}"
                   f"Transfer-Encoding: {coding}\r\n\r\n").encode()
        answer = send_raw(shop.ports[listener], request, method)
        assert answer.status in (400, 501), answer
        assert answer.header("Content-Type") == "application/json", answer
        assert method == "HEAD" or answer.json()["code"], answer
        assert REQUEST_ID.match(answer.header("X-Request-ID")), answer


def test_too_large_a_header_is_refused_in_json(shop, guest):
    for size in (9000, 40000, 200000):
        request = b"GET /products HTTP/1.1\r\nHost: x\r\nX-Big: " + b"a" * size + b"\r\n\r\n"
        answer = send_raw(shop.ports["gateway"], request)
        assert answer.status in (400, 431) or (size == 9000 and answer.status == 200), answer
        if answer.status != 200:
            client_error(answer)
    many = b"".join(b"X-%d: %s\r\n" % (n, b"a" * 500) for n in range(200))
    client_error(send_raw(shop.ports["gateway"],
                          b"GET /products HTTP/1.1\r\nHost: x\r\n" + many + b"\r\n"))


def test_too_long_a_path_is_refused_in_json(shop):
    for size in (9000, 50000):
        request = b"GET /" + b"a" * size + b" HTTP/1.1\r\nHost: x\r\n\r\n"
        answer = send_raw(shop.ports["gateway"], request)
        assert answer.status in (400, 404, 414), answer
        client_error(answer)


def test_gateway_errors_have_headers_against_sniffing_and_framing(guest):
    for path in ("/nowhere", "/products", "/"):
        assert guest.get(path).header("X-Content-Type-Options") == "nosniff"


def test_the_server_header_has_no_version(guest):
    for path in ("/nowhere", "/products", "/healthz"):
        server = guest.get(path).header("Server") or ""
        assert not any(character.isdigit() for character in server), server


def test_a_disconnected_client_does_not_affect_others(shop, guest):
    for request in (b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{",
                    b"GET /products HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /prod", b""):
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", shop.ports["gateway"]), 5) as sock:
                sock.sendall(request)
    for pool in POOLS:
        ok(shop.guest(pool).get("/health"))
    ok(guest.get("/products"))
