"""Logins."""

import os
import time

import pymongo
import pytest

from checks import ID, invalid, ok, refused
from instance import DEMO_PASSWORD
from test_register import form
from tokens import claims_of


def login(client, email, password):
    return client.post("/login", {"email": email, "password": password})


def test_a_login_returns_a_bearer_token_with_user_and_lifetime(guest, shopper):
    answer = ok(login(guest, shopper.email, shopper.password))
    assert answer["token_type"] == "bearer"
    assert answer["expires_in"] == 7200
    assert ID.match(answer["user_id"])
    header, claims = claims_of(answer["access_token"])
    assert header["alg"] == "HS256"
    assert claims["user_id"] == answer["user_id"]
    assert claims.get("role", "customer") == "customer"
    assert abs(claims["exp"] - time.time() - 7200) < 10
    assert claims["exp"] - claims["iat"] == 7200 and claims["aud"] == "shop"


def test_each_token_has_an_id_of_its_own(guest, shopper):
    tokens = [ok(login(guest, shopper.email, shopper.password))["access_token"] for _ in range(2)]
    ids = {claims_of(token)[1]["jti"] for token in tokens}
    assert len(ids) == 2 and all(len(one) == 32 and set(one) <= set("0123456789abcdef") for one in ids)


def test_the_token_contains_neither_name_nor_email_address(shopper):
    header, claims = claims_of(shopper.token)
    assert shopper.email not in str(claims) and shopper.email not in str(header)


def test_the_email_address_is_case_insensitive(guest, shopper):
    answer = ok(login(guest, f" {shopper.email.upper()} ", shopper.password))
    assert answer["user_id"] == shopper.user_id


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(guest, shopper):
    wrong = login(guest, shopper.email, "wrong password")
    unknown = login(guest, f"u{os.urandom(8).hex()}@example.com", "wrong password")
    refused(wrong, 401, "Invalid credentials")
    assert wrong.body == unknown.body and wrong.status == unknown.status


@pytest.mark.parametrize("password", ["", "short", "x" * 129, "x" * 4000])
def test_a_password_of_invalid_length_is_refused_as_wrong(guest, shopper, password):
    refused(login(guest, shopper.email, password), 401, "Invalid credentials")


def test_the_password_is_compared_exactly(guest, shopper):
    for wrong in (shopper.password.upper(), shopper.password + " ", " " + shopper.password):
        refused(login(guest, shopper.email, wrong), 401, "Invalid credentials")


@pytest.mark.parametrize("damage", [
    {"password": "$2b$12$" + "a" * 53}, {"password": ""}, {"role": "boss"}, {"role": "service"},
    {"name": 5}], ids=["bcrypt", "empty", "role", "service", "name"])
def test_an_unreadable_account_is_treated_as_unknown(guest, shop, damage):
    filled = form()
    ok(guest.post("/register", filled))
    with pymongo.MongoClient(shop.database) as client:
        user = client.user_db.users.find_one_and_update({"email": filled["email"]}, {"$set": damage})
    answer = login(guest, filled["email"], filled["password"])
    refused(answer, 401, "Invalid credentials")
    assert any(str(user["_id"]) in line and answer.header("X-Request-ID") in line
               for line in shop.log_lines("user"))


def test_missing_fields_are_listed(guest):
    invalid(guest.post("/login", {}), "email", "password")
    invalid(guest.post("/login", {"email": "a@example.com"}), "password")


def test_a_database_query_in_place_of_a_text_is_refused(guest):
    body = {"email": {"$ne": None}, "password": {"$gt": ""}}
    invalid(guest.post("/login", body), "email", "password")


@pytest.mark.parametrize("name, role", [
    ("shopper", "customer"), ("courier", "courier"), ("admin", "admin")])
def test_the_demo_accounts_have_their_roles(guest, name, role):
    answer = ok(login(guest, f"{name}@example.com", DEMO_PASSWORD))
    assert claims_of(answer["access_token"])[1].get("role", "customer") == role


@pytest.mark.parametrize("password", ["wrong password", "wrong pa\u0308ssword"], ids=["nfkc", "nfd"])
def test_an_unknown_address_takes_as_long_as_a_wrong_password(shop, shopper, password):
    seconds = {"known": [], "unknown": []}
    for _ in range(7):
        known = login(shop.guest(), shopper.email, password)
        unknown = login(shop.guest(), f"u{os.urandom(8).hex()}@example.com", password)
        seconds["known"].append(known.seconds)
        seconds["unknown"].append(unknown.seconds)
    # The minimum of several: other load of the machine only adds to a time.
    known, unknown = (min(times) for times in seconds.values())
    assert 0.6 < unknown / known < 1.7, seconds
