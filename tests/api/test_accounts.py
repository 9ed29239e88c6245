"""Roles are given to an account by its id, and demo accounts can be switched off again."""

import os
import pty
import re
import subprocess

import pymongo
import pytest

from checks import refused
from instance import BINARIES, DEMO_PASSWORD

SEED = os.environ.get("BIN_DIR", str(BINARIES)) + "/seed"
DEMO = [f"{name}@example.com" for name in ("shopper", "courier", "admin")]
ANSWER_SECONDS = 60


def seed(system, *words, **settings):
    """Runs the seed program without a terminal."""
    return subprocess.run([SEED, *words], env={**os.environ, "MONGODB_URI": system.database, **settings},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=ANSWER_SECONDS, check=False)


def seed_at_terminal(system, answer, *words):
    """The same at a terminal, at which the answer is typed; its exit status."""
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen([SEED, *words], env={**os.environ, "MONGODB_URI": system.database},
                              stdin=theirs, stdout=subprocess.DEVNULL) as process:
            os.write(ours, answer)
            return process.wait(ANSWER_SECONDS)
    finally:
        os.close(ours)
        os.close(theirs)


def is_courier(system, person):
    """Whether the next token of a person has the role of a courier."""
    return system.login(person.email, person.password).get("/deliveries").status == 200


@pytest.fixture
def person(spare):
    return spare.new_shopper("Asha Rao")


def test_a_role_is_not_granted_to_an_email_address(spare, person):
    """Another person may have signed up with the address."""
    done = seed(spare, "--grant", "courier", person.email, "--yes")
    assert done.returncode == 1 and "takes the id of a user" in done.stdout, done.stdout
    assert not is_courier(spare, person)


def test_the_account_is_shown_before_a_role_is_granted(spare, person):
    done = seed(spare, "--grant", "courier", person.user_id)
    assert done.returncode == 1, done.stdout
    for shown in (person.user_id, "Asha Rao", person.email, "--yes"):
        assert shown in done.stdout, done.stdout
    assert re.search(r"signed up +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC", done.stdout), done.stdout
    assert not is_courier(spare, person)


@pytest.mark.parametrize("answer, given", [(b"n\n", False), (b"\n", False), (b"\x04", False),
                                           (b"yesterday\n", False), (b"y\n", True), (b"YES\n", True)])
def test_the_seed_program_asks_for_confirmation_at_a_terminal(spare, person, answer, given):
    assert seed_at_terminal(spare, answer, "--grant", "courier", person.user_id) == (0 if given else 1)
    assert is_courier(spare, person) == given


def test_a_script_confirms_with_yes(spare, person):
    assert seed(spare, "--grant", "courier", person.user_id, "--yes").returncode == 0
    assert is_courier(spare, person)
    assert seed(spare, "--grant", "customer", person.user_id.upper(), "--yes").returncode == 0
    assert not is_courier(spare, person)


@pytest.mark.parametrize("words", [
    ("courier", "f" * 24, "--yes"), ("courier", "", "--yes"), ("owner", None, "--yes"),
    ("service", None, "--yes"), ("courier", None, "--no"), ("courier", None, "--yes", "--yes")])
def test_an_invalid_grant_is_refused(spare, person, words):
    words = [person.user_id if word is None else word for word in words]
    assert seed(spare, "--grant", *words).returncode == 1
    assert not is_courier(spare, person)


# ---- demo accounts ----

def users(system):
    return pymongo.MongoClient(system.database).user_db.users


def log_in(system, email, password=DEMO_PASSWORD):
    return system.guest().post("/login", {"email": email, "password": password})


@pytest.fixture
def demo(spare):
    """Restores the demo accounts for other tests."""
    kept = {row["email"]: row for row in users(spare).find({"email": {"$in": DEMO}})}
    assert len(kept) == len(DEMO)
    yield spare
    for email, row in kept.items():
        users(spare).replace_one({"email": email}, row)


def test_without_demo_accounts_the_demo_password_is_refused(demo):
    done = seed(demo, SEED_DEMO="off")
    assert done.returncode == 0 and "3 demo accounts" in done.stdout, done.stdout
    for email in DEMO:
        refused(log_in(demo, email), 401, "Invalid credentials")
    again = seed(demo, SEED_DEMO="off")
    assert again.returncode == 0 and "demo" not in again.stdout, again.stdout
    assert seed(demo, SEED_DEMO="on").returncode == 0
    assert [log_in(demo, email).status for email in DEMO] == [200] * 3


def test_a_demo_account_with_a_changed_password_is_kept(demo):
    owner = demo.new_shopper()
    changed = users(demo).find_one({"email": owner.email})["password"]
    courier = {"email": DEMO[1]}
    users(demo).update_one(courier, {"$set": {"password": changed}})
    for switch in ("off", "on"):
        assert seed(demo, SEED_DEMO=switch).returncode == 0
        assert log_in(demo, DEMO[1], owner.password).status == 200
    # An account that was disabled and got another password after that is not changed either.
    assert seed(demo, SEED_DEMO="off").returncode == 0
    users(demo).update_one({"email": DEMO[2]}, {"$set": {"password": changed}})
    assert seed(demo, SEED_DEMO="on").returncode == 0
    assert log_in(demo, DEMO[2], owner.password).status == 200
    refused(log_in(demo, DEMO[2]), 401, "Invalid credentials")
