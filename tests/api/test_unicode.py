"""Text of every language: one form of names, addresses, passwords and searches."""

import os
from urllib.parse import quote

import pymongo
import pytest

from checks import invalid, ok, refused
from test_register import PASSWORD, form, login, profile_of

NFC, NFD = "Jos\u00e9 \u1ead", "Jose\u0301 a\u0302\u0323"

# Argon2id of "pa\u0308sswo\u0308rd-1" as it was sent.
OF_SENT = ("$argon2id$v=19$m=19456,t=2,p=1$"
           "s18dZXjG26CtNhCG1wlpgw$Cl9gzTbZ9zHgJgvVntEd3lUsY6+frPfMNpypm6LJpPQ")


def local_part():
    return f"u{os.urandom(8).hex()}"


@pytest.fixture
def users(shop):
    with pymongo.MongoClient(shop.database) as client:
        yield client.user_db.users


# ---- names ----

@pytest.mark.parametrize("name, kept", [
    (NFD, NFC), ("\u212b", "\u00c5"), ("\u3000\u00a0Asha\u2003\u0085", "Asha"),
    ("a\u0323\u0302" * 100, "\u1ead" * 100)], ids=["nfd", "angstrom", "spaces", "300 to 100"])
def test_a_name_is_kept_composed_and_trimmed(guest, name, kept):
    filled = form(name=name)
    ok(guest.post("/register", filled))
    assert profile_of(guest, filled["email"])["name"] == kept


@pytest.mark.parametrize("name", ["\u3164", "\u2800\u2800", "\u115f\u1160", "\uffa0", "\u00ad", "\u034f",
                                  "\u3000\u0085\u2003", "\U000e0041", "\u3164 \u2800", "\u0301",
                                  "\ufdfa" * 101, "x" * 3000])
def test_an_invisible_or_too_long_name_is_refused(guest, name):
    invalid(guest.post("/register", form(name=name)), "name")


# ---- addresses ----

@pytest.mark.parametrize("typed, stored", [
    ("{}@B\u00dccher.example", "{}@xn--bcher-kva.example"),
    ("{}@bu\u0308cher.EXAMPLE", "{}@xn--bcher-kva.example"),
    ("{}@XN--BCHER-KVA.example", "{}@xn--bcher-kva.example"),
    ("{}@fa\u00df-x.example", "{}@xn--fa-x-wna.example"),
    ("Jose\u0301.{}@example.com", "jos\u00e9.{}@example.com"),
    ("\u00c4{}@example.com", "\u00e4{}@example.com"),
    ("stra\u00dfe{}@example.com", "stra\u00dfe{}@example.com"),
    ("\u3000{}@\u092d\u093e\u0930\u0924.example", "{}@xn--h2brj9c.example"),
    ("\u039d\u0399\u039a\u039f\u03a3.{}.\u03c2@example.com",
     "\u03bd\u03b9\u03ba\u03bf\u03c3.{}.\u03c3@example.com"),
    ("\u017fam{}@example.com", "sam{}@example.com")])
def test_an_email_address_is_stored_in_one_form_and_found_by_any(guest, users, typed, stored):
    part = local_part()
    typed, stored = typed.format(part), stored.format(part)
    ok(guest.post("/register", form(email=typed)))
    assert users.count_documents({"email": stored}) == 1
    capitals = "".join(c if c == "\u00df" else c.upper() for c in typed)
    for other in (typed, stored, capitals):
        refused(guest.post("/register", form(email=other)), 400, "Email already exists")
        assert profile_of(guest, other)["email"] == stored


def test_email_addresses_that_differ_in_sharp_s_are_different(guest):
    """Case folding of ß to ss would give the address of another person."""
    part = local_part()
    ok(guest.post("/register", form(email=f"stra\u00dfe{part}@example.com")))
    refused(login(guest, f"strasse{part}@example.com"), 401, "Invalid credentials")
    ok(guest.post("/register", form(email=f"strasse{part}@example.com")))


@pytest.mark.parametrize("email", [
    "a@\u2100.example", "a@xn--\u00fc.example", "\u3164@example.com",
    "a\u00a0b@example.com", "\U0001f600@example.com", "a@\u05d0a.example",
    "a@exam\u00adple.com", "a@exam\ufe0fple.com", "a@example\u034f.com",
    "a@" + "\u00fc" * 60 + ".example", "a@" + ".".join(["\u00fc" * 39] * 6) + ".example"])
def test_an_email_address_without_a_normal_form_is_refused(guest, email):
    invalid(guest.post("/register", form(email=email)), "email")
    refused(login(guest, email), 401, "Invalid credentials")


@pytest.mark.parametrize("hidden", ["\u200b", "\u2060", "\ufeff", "\u202e", "\t", "\u0085"],
                         ids=ascii)
def test_characters_dropped_by_normalization_are_refused(guest, hidden):
    invalid(guest.post("/register", form(email=f"a@exam{hidden}ple.com")), "email")
    invalid(login(guest, f"a@exam{hidden}ple.com"), "email")
    for field in ("q", "category"):
        word = quote(f"\u00e9{hidden}b")
        invalid(guest.get(f"/products?{field}={word}"), field, where="query")


def test_failures_are_counted_across_spellings_of_an_email_address(shop):
    part, stranger = local_part(), shop.guest()
    forms = [f"{part}@b\u00fccher.example", f"{part.upper()}@bu\u0308cher.example",
             f"{part}@xn--bcher-kva.example"]
    for n in range(10):
        refused(login(stranger, forms[n % 3]), 401, "Invalid credentials")
    for name in forms:
        refused(login(stranger, name), 429, "Too many requests")


# ---- passwords ----

@pytest.mark.parametrize("typed, other", [
    ("p\u00e4ssw\u00f6rd", "pa\u0308sswo\u0308rd"), ("pa\u0308sswo\u0308rd", "p\u00e4ssw\u00f6rd"),
    ("\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", "12345678"),
    ("12345678", "\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18"),
    ("\u1ead" * 128, "a\u0302\u0323" * 128)], ids=["nfc", "nfd", "wide", "narrow", "longest"])
def test_a_password_is_the_same_in_every_form(guest, typed, other):
    filled = form(password=typed)
    ok(guest.post("/register", filled))
    ok(login(guest, filled["email"], typed))
    ok(login(guest, filled["email"], other))
    refused(login(guest, filled["email"], typed.upper() + "x"), 401, "Invalid credentials")


@pytest.mark.parametrize("password", ["\u00bd" * 8, "\u2764\ufe0f" * 8, " " * 8], ids=ascii)
def test_a_password_of_eight_characters_is_accepted(guest, password):
    filled = form(password=password)
    ok(guest.post("/register", filled))
    ok(login(guest, filled["email"], password))


@pytest.mark.parametrize("password", [
    "\ufdfa", "\u00bd" * 7, "\u00ad" * 8, "\u200b" * 8, "\u3164" * 8, "pass" + "\u200d" * 4,
    "\u2764\ufe0f" * 7], ids=ascii)
def test_a_password_of_fewer_characters_is_refused_in_every_form(guest, password):
    invalid(guest.post("/register", form(password=password)), "password")


@pytest.mark.parametrize("password", ["e\u0301" * 7, "\ufdfa" * 8, "\u1ead" * 129, "\ufdfa" * 600])
def test_a_password_has_the_length_of_its_normal_form(guest, password):
    invalid(guest.post("/register", form(password=password)), "password")
    refused(login(guest, "shopper@example.com", password), 401, "Invalid credentials")


def test_a_hash_of_a_password_without_normalization_is_replaced(guest, shop, users):
    """As written by versions without normalization: the hash of the decomposed text."""
    sent, other = "pa\u0308sswo\u0308rd-1", "p\u00e4ssw\u00f6rd-1"
    filled = form()
    ok(guest.post("/register", filled))
    users.update_one({"email": filled["email"]}, {"$set": {"password": OF_SENT}})
    refused(login(guest, filled["email"], other), 401, "Invalid credentials")
    refused(login(guest, filled["email"], sent + "x"), 401, "Invalid credentials")
    assert users.find_one({"email": filled["email"]})["password"] == OF_SENT
    ok(login(guest, filled["email"], sent))
    made = users.find_one({"email": filled["email"]})["password"]
    assert made != OF_SENT and made.startswith("$argon2id$")
    ok(login(guest, filled["email"], other))
    ok(login(guest, filled["email"], sent))
    assert users.find_one({"email": filled["email"]})["password"] == made


# ---- searches ----

@pytest.mark.parametrize("q", ["milk", "MILK", "\uff4d\uff49\uff4c\uff4b", "mi\u0301lk", "m\u00eclk",
                               "\u3000milk\u00a01l"])
def test_a_search_ignores_case_accents_and_width(guest, q):
    assert "Milk 1L" in [p["name"] for p in ok(guest.get(f"/products?q={quote(q)}"))]


@pytest.mark.parametrize("category", ["dairy", "DAIRY", "\uff24airy", "D\u00e1iry", "Da\u0301iry"])
def test_a_category_ignores_case_accents_and_width(guest, category):
    expected = [p["_id"] for p in ok(guest.get("/products?category=Dairy"))]
    assert expected
    assert [p["_id"] for p in ok(guest.get(f"/products?category={quote(category)}"))] == expected


@pytest.mark.parametrize("field, most, text", [
    ("q", 200, "\u00df"), ("q", 200, "\ufdfa"), ("q", 200, "e\u0301"), ("category", 100, "\u00df")])
def test_the_length_of_a_search_is_checked_before_folding(guest, field, most, text):
    ok(guest.get(f"/products?{field}={quote(text * most)}"))
    invalid(guest.get(f"/products?{field}={quote(text * (most + 1))}"), field, where="query")
