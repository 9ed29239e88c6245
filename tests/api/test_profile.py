"""The profile of the own account."""

import datetime

from checks import ID, TIME, UNKNOWN_ID, ok, refused
from tokens import claims, sign


def test_a_profile_shows_the_account_and_nothing_else(shop):
    shopper = shop.new_shopper("Asha Rao")
    profile = ok(shopper.get("/profile"))
    assert profile.keys() == {"id", "name", "email", "created_at"}
    assert ID.match(profile["id"]) and profile["id"] == shopper.user_id
    assert profile["name"] == "Asha Rao"
    assert profile["email"] == shopper.email


def test_the_time_of_creation_is_in_utc(shopper):
    created = ok(shopper.get("/profile"))["created_at"]
    assert TIME.match(created)
    age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(created)
    assert abs(age.total_seconds()) < 60


def test_a_token_of_an_unknown_user_is_refused(shop, guest):
    token = sign(shop.secret, claims(UNKNOWN_ID, "customer"))
    refused(guest.with_token(token).get("/profile"), 404, "User not found")


