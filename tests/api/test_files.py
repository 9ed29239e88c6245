"""The storefront's files, the API's description and its page, as nginx sends them."""

import gzip

import pytest

from instance import ROOT

WWW = ROOT / "nginx" / "www"
TEXTS = sorted(f"/{path.relative_to(WWW)}" for kind in ("html", "css", "js", "svg")
               for path in WWW.rglob(f"*.{kind}") if path.name != "index.html")
PATHS = ["/", "/docs", "/openapi.json", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", *TEXTS]
TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml",
         "json": "application/json"}


@pytest.mark.parametrize("path", PATHS)
def test_a_text_is_compressed_for_clients_that_accept_it(guest, path):
    plain = guest.get(path, headers={"Accept-Encoding": "identity"})
    packed = guest.get(path, headers={"Accept-Encoding": "gzip"})
    assert plain.status == packed.status == 200
    assert plain.header("Content-Encoding") is None and packed.header("Content-Encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    kind = TYPES[path.rpartition(".")[2] if "." in path else "html"]
    for answer in (plain, packed):
        assert answer.header("Content-Type").partition(";")[0] == kind
        assert answer.header("Vary") and "Accept-Encoding" in answer.header("Vary")
        again = guest.get(path, headers={"Accept-Encoding": answer.header("Content-Encoding") or "identity",
                                         "If-None-Match": answer.header("ETag")})
        assert (again.status, again.body) == (304, b"")
    assert plain.header("Content-Type") == packed.header("Content-Type")


@pytest.mark.parametrize("path", PATHS)
def test_no_file_is_compressed_at_request_time(guest, path):
    """An answer that nginx compresses itself has no Content-Length, and a weak ETag."""
    packed = guest.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.header("Content-Length") == str(len(packed.body))
    assert packed.header("ETag").startswith('"')


def test_a_picture_is_sent_uncompressed(guest):
    picture = guest.get("/pictures/1f345.webp", headers={"Accept-Encoding": "gzip"})
    assert picture.body == (WWW / "pictures" / "1f345.webp").read_bytes()
    assert picture.header("Content-Encoding") is None
