"""Pages of the catalogue, and conditional requests."""

import gzip
import re

import pytest

from checks import invalid, ok, without_stock
from instance import wait_until
from journey import pages

pytestmark = pytest.mark.usefixtures("stable_catalogue")


@pytest.mark.parametrize("limit", [1, 7, 50, 100])
def test_pages_contain_every_product_exactly_once(shop, catalogue, limit):
    found = pages(shop.guest(), f"/products?limit={limit}")
    assert without_stock(product for page in found for product in page) == without_stock(catalogue)
    assert all(len(page) == limit for page in found[:-1])
    assert found[-1] or not catalogue


def test_the_next_page_keeps_the_filters(guest, catalogue):
    category = catalogue[0]["category"]
    whole = ok(guest.get(f"/products?q=a&category={category}"))
    found = pages(guest, f"/products?q=a&category={category}&limit=2")
    assert without_stock(product for page in found for product in page) == without_stock(whole)
    assert len(found) > 1, f"too few products in {category} for this test"


def test_the_whole_catalogue_and_the_last_page_have_no_next(guest, catalogue):
    assert guest.get("/products").header("Link") is None
    few = "/products?category=Dairy&limit=100"
    assert guest.get(few).header("Link") is None


@pytest.mark.parametrize("limit", [
    "0", "-1", "101", "1.5", "abc", "", "1e1", "0x10", "1%00", "%201", "99999999999999999999",
    "-99999999999999999999", "NaN", "%D9%A1"])
def test_a_wrong_limit_is_refused(guest, limit):
    invalid(guest.get(f"/products?limit={limit}"), "limit", where="query")


@pytest.mark.parametrize("after", ["zzz", "%00", "a" * 3000, "%FF%FE", "{}", "-1", "%24ne"])
def test_a_wrong_cursor_is_refused(guest, after):
    invalid(guest.get(f"/products?limit=5&after={after}"), "after", where="query")


PATHS = ["/products", "/products?limit=3", "/products?q=milk", "/categories", "/products/{id}"]


@pytest.fixture
def steady(shop, milk):
    """Waits until the gateway's cache of one second and all workers agree."""
    def tags():
        client = shop.guest()
        return {call(address, headers={"Accept-Encoding": coding}).header("ETag").removeprefix("W/")
                for call in (client.get, client.head) for coding in ("gzip", "identity")
                for address in ("/products", "/products?x=1")}

    wait_until(lambda: len(tags()) == 1, 10, f"all workers have the same stock of {milk['name']}")


@pytest.fixture(params=PATHS)
def path(request, milk, steady):
    return request.param.replace("{id}", milk["_id"])


def test_an_etag_is_the_same_from_every_worker(shop, path):
    tags = {shop.guest().get(path).header("ETag") for _ in range(12)}
    assert len(tags) == 1
    assert re.fullmatch(r'(W/)?"[^"]+"', tags.pop())


FORMS = ["{tag}", "W/{bare}", '"other", {tag}', '"a,b" , W/"x",{tag}', "*"]


@pytest.mark.parametrize("form", FORMS)
def test_an_unchanged_answer_is_304(guest, path, form):
    tag = guest.get(path).header("ETag")
    condition = form.format(tag=tag, bare=tag.removeprefix("W/"))
    for call in (guest.get, guest.head):
        answer = call(path, headers={"If-None-Match": condition})
        assert answer.status == 304, (condition, answer)
        assert answer.body == b""
        assert answer.header("ETag").removeprefix("W/") == tag.removeprefix("W/")
        assert answer.header("X-Request-ID")


@pytest.mark.parametrize("condition", ['"other"', 'W/"other", "third"', "", "garbage", '"', ",,,"])
def test_another_etag_gets_the_whole_answer(guest, path, condition):
    answer = guest.get(path, headers={"If-None-Match": condition})
    assert answer.status == 200 and answer.json()


TAKEN = ["gzip", "a:gzip;q=0, gzip", "gzip, deflate, br", "GZIP", "deflate,gzip;q=0.5", "br ;q=1, gzip ;q=1",
         "gzip;q=1.000", "*;q=0,\tgzip;Q=0.001", ",,gzip,", "gzipx, gzip", "x-gzip, gzip", "a, " * 500 + "gzip"]
# nginx's own rule decides some of these otherwise: it stops at the first name that begins with gzip.
REFUSED = ["", "identity", "br", "xgzip", "gzipx", "gzip;q=0", "br, gzip; q=0.0", "*", "gzip;q=0.000, *",
           "gzip;q=0.0000", "gzip;q=2", "gzip;q=1.001", "gzip;q=", "gzip;q", "gzip;", "gzip;;", "gzip;q=0 x",
           "gzip;q=0.00a", "gzip; q = 1", "gzip;level=1", "gzip gzip", "x gzip", "a:gzip", "gzip, gzip;q=0",
           "gzip;q=0, gzip", "a:gzip;q=0, gzip;q=0", "x-gzip;q=0, gzip", "x-gzip", "\"gzip\"",
           "identity;q=1, *;q=0", "gzip\t;q=0"]
LISTS = ["/products", "/products?x=1", "/products?limit=100", "/products?q=a"]


def plain(body):
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


@pytest.mark.usefixtures("steady")
@pytest.mark.parametrize("address", LISTS)
def test_a_list_is_the_same_compressed_and_plain(shop, address):
    plain_answer = shop.guest().get(address)
    for accepted in (*TAKEN, *REFUSED, *TAKEN):
        answer = shop.guest().get(address, headers={"Accept-Encoding": accepted})
        packed = accepted in TAKEN
        assert answer.status == 200 and "Accept-Encoding" in answer.header("Vary")
        assert answer.header("Content-Encoding") == ("gzip" if packed else None), accepted
        assert answer.header("ETag").startswith("W/") == packed
        assert int(answer.header("Content-Length")) == len(answer.body)
        assert answer.body[:2] == (b"\x1f\x8b" if packed else b"[{")
        assert plain(answer.body) == plain_answer.body


def test_the_first_of_repeated_headers_is_used(guest):
    for accepted, coding in ((("br", "gzip"), None), (("gzip", "br"), "gzip")):
        answer = guest.get("/products?x=1", headers=[("Accept-Encoding", word) for word in accepted])
        assert answer.header("Content-Encoding") == coding and plain(answer.body)[:2] == b"[{"


def test_small_lists_are_not_compressed(guest):
    for address in ("/products?limit=1", "/products?q=nothing-at-all", "/categories"):
        answer = guest.get(address, headers={"Accept-Encoding": "gzip"})
        assert len(answer.body) < 1024 and answer.header("Content-Encoding") is None, address
        assert "Accept-Encoding" in answer.header("Vary")


@pytest.mark.usefixtures("steady")
def test_an_unchanged_list_is_304_compressed_and_plain(guest):
    strong = guest.get("/products").header("ETag")
    weak = guest.get("/products", headers={"Accept-Encoding": "gzip"}).header("ETag")
    assert weak == f"W/{strong}"
    for address in ("/products", "/products", "/products?x=1"):
        for accepted in ("gzip", "identity"):
            for tag in (strong, weak):
                answer = guest.get(address, headers={"Accept-Encoding": accepted, "If-None-Match": tag})
                assert answer.status == 304 and not answer.body, (address, accepted, tag)
                assert answer.header("Content-Encoding") is None
                assert answer.header("ETag") == (weak if accepted == "gzip" else strong)


@pytest.mark.usefixtures("steady")
def test_head_of_the_list_has_the_headers_of_its_encoding(guest):
    for accepted in ("gzip", "identity"):
        headers = {"Accept-Encoding": accepted}
        whole, head = guest.get("/products", headers=headers), guest.head("/products", headers=headers)
        assert head.status == 200 and not head.body
        for name in ("ETag", "Content-Encoding", "Content-Length"):
            assert head.header(name) == whole.header(name), (accepted, name)


def test_a_part_of_an_etag_does_not_match(guest):
    tag = guest.get("/products").header("ETag").removeprefix("W/")
    for other in (tag[:-2] + '"', f'"x{tag[1:]}', tag.strip('"')):
        assert guest.get("/products", headers={"If-None-Match": other}).status == 200, other


def test_different_answers_have_different_etags(guest):
    paths = ["/products", "/products?limit=3", "/products?limit=4", "/categories"]
    assert len({guest.get(path).header("ETag") for path in paths}) == len(paths)


@pytest.mark.parametrize("path", ["/products", "/categories", "/products?limit=2"])
def test_a_cached_answer_has_its_own_request_id(shop, path):
    answers = [shop.guest().get(path) for _ in range(4)]
    assert len({answer.header("X-Request-ID") for answer in answers}) == 4
    assert len({answer.body for answer in answers}) == 1
