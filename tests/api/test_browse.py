"""Browsing the catalogue without an account."""

import pytest

from checks import ID, MONEY, UNKNOWN_ID, invalid, ok, refused, without_stock

pytestmark = pytest.mark.usefixtures("stable_catalogue")

PUBLISHED = {"_id", "name", "description", "price", "category", "image_url", "available"}


def names(answer):
    return [product["name"] for product in ok(answer)]


def test_the_catalogue_is_a_list_of_products_with_the_published_fields(catalogue):
    for product in catalogue:
        assert PUBLISHED | {"unit", "stock"} == product.keys(), product
        assert ID.match(product["_id"])
        assert isinstance(product["available"], bool)
        assert type(product["stock"]) is int and product["stock"] >= 0, product
        texts = [product[name] for name in ("name", "description", "category", "unit")]
        assert all(isinstance(text, str) and text.strip() for text in texts), product


def test_there_are_a_hundred_products_in_ten_categories(catalogue):
    assert len(catalogue) >= 100
    assert len({product["category"] for product in catalogue}) >= 10
    for field in ("_id", "name"):
        assert len({product[field] for product in catalogue}) == len(catalogue)


@pytest.mark.parametrize("name, price, category", [
    ("Milk 1L", 60, "Dairy"), ("Bread", 40, "Bakery"), ("Apple 1kg", 120, "Fruits")])
def test_the_published_products_are_listed(catalogue, name, price, category):
    found = [p for p in catalogue if p["name"] == name]
    assert [(p["price"], p["category"]) for p in found] == [(price, category)]


def test_prices_are_rupees_without_trailing_zeros(catalogue):
    prices = [str(product["price"]) for product in catalogue]
    assert all(MONEY.match(price) for price in prices), prices
    assert any("." in price for price in prices), "no price has paise"


def test_one_product_is_the_same_as_in_the_list(guest, catalogue):
    for product in catalogue[::20]:
        assert without_stock([ok(guest.get(f"/products/{product['_id']}"))]) == without_stock([product])


@pytest.mark.parametrize("bad", [
    UNKNOWN_ID, "1", "x" * 24, "a" * 23, "a" * 25, "a" * 5000, "%20", "%F0%9F%98%80", "a%0Ab",
    "%24ne", "{}", "a%22b", "-1", "undefined"])
def test_unknown_and_malformed_ids_get_the_same_404(guest, bad):
    refused(guest.get(f"/products/{bad}"), 404, "Product not found")


def test_categories_are_those_of_the_products(guest, catalogue):
    categories = ok(guest.get("/categories"))
    assert sorted(categories) == sorted({product["category"] for product in catalogue})


def test_a_category_selects_its_products(guest, catalogue):
    for category in ("Dairy", "Fruits"):
        expected = without_stock(p for p in catalogue if p["category"] == category)
        assert without_stock(ok(guest.get(f"/products?category={category}"))) == expected


def test_a_category_with_odd_characters_is_decoded(guest, catalogue):
    categories = {product["category"] for product in catalogue}
    category = max(categories, key=lambda c: sum(not x.isalnum() for x in c))
    query = "".join(f"%{byte:02X}" for byte in category.encode())
    expected = without_stock(p for p in catalogue if p["category"] == category)
    assert without_stock(ok(guest.get(f"/products?category={query}"))) == expected
    if " " in category and "&" not in category:
        query = category.replace(" ", "+")
        assert without_stock(ok(guest.get(f"/products?category={query}"))) == expected


def test_an_unknown_category_is_empty(guest):
    assert ok(guest.get("/products?category=Spacecraft")) == []


@pytest.mark.parametrize("words", ["milk", "MILK", "mil", "ilk", "milk+1l", "1l+mil", "%20milk%20"])
def test_a_search_matches_prefixes_and_substrings(guest, words):
    assert "Milk 1L" in names(guest.get(f"/products?q={words}"))


def test_a_search_requires_every_word(guest):
    assert "Milk 1L" not in names(guest.get("/products?q=milk+bread"))
    assert names(guest.get("/products?q=milk+zzzzqq")) == []


def test_a_search_without_a_match_is_empty(guest):
    assert names(guest.get("/products?q=zzzzqq")) == []


@pytest.mark.parametrize("words", [".*", "%5E", "%24where", "(((", "%5C", "%5Bm", "m*lk", "%25"])
def test_search_words_are_not_patterns(guest, words):
    assert "Milk 1L" not in names(guest.get(f"/products?q={words}"))


def test_search_and_category_are_combined(guest, catalogue):
    found = ok(guest.get("/products?q=milk&category=Dairy"))
    assert "Milk 1L" in [p["name"] for p in found]
    assert {p["category"] for p in found} == {"Dairy"}
    assert without_stock(ok(guest.get("/products?q=milk&category=Bakery"))) == without_stock(
        p for p in ok(guest.get("/products?q=milk")) if p["category"] == "Bakery")


@pytest.mark.parametrize("query", ["q=%00", "q=%FF", "q=a%0Ab", "category=%C0%80", "category=%00"])
def test_malformed_text_is_refused(guest, query):
    invalid(guest.get(f"/products?{query}"), query.split("=")[0], where="query")


def test_unknown_parameters_are_ignored(guest, catalogue):
    assert without_stock(ok(guest.get("/products?page=2&colour=red&&=&x"))) == without_stock(catalogue)


def test_every_picture_exists_and_is_cacheable(shop, catalogue):
    guest = shop.guest()
    for product in catalogue:
        assert product["image_url"].startswith("/pictures/"), product
        answer = guest.get(product["image_url"])
        assert answer.status == 200, (product["name"], answer)
        assert answer.header("Content-Type") == "image/webp"
        assert answer.body[:4] == b"RIFF" and answer.body[8:12] == b"WEBP"
        kept = [int(part.split("=")[1]) for part in answer.header("Cache-Control").split(",")
                if part.strip().startswith("max-age=")]
        assert kept and kept[0] >= 86400, answer


@pytest.mark.parametrize("path", ["/products", "/categories", "/products?q=milk&limit=1"])
def test_head_is_get_without_the_body(guest, path):
    got, head = guest.get(path), guest.head(path)
    assert head.status == 200 and head.body == b""
    for name in ("Content-Type", "ETag"):
        assert head.header(name) == got.header(name)
    assert head.header("Content-Length") in (None, str(len(got.body)))
