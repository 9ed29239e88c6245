"""What `schemathesis run` needs to know of the shop beyond its description (SHOP: JSON of every_check.py):
who calls what, and for calls that are to succeed, ids that exist and texts that words alone describe."""

import json
import os
import re
import secrets

import requests
import schemathesis

SHOP = json.loads(os.environ["SHOP"])
# Of texts that aren't passwords (the description's first words); joiners stand in no plain word.
REFUSED = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]")
RAW = {"password"}
SESSION = requests.Session()
SESSION.trust_env = False


@schemathesis.auth(refresh_interval=None)
class Tokens:
    """An admin calls what staff alone may call, a shopper everything else."""

    def get(self, case, context):
        staff = "customer" not in case.operation.definition.raw["description"]
        return SHOP["tokens"]["admin" if staff else "customer"]

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


def plain(name, value):
    """A text that is one to the shop as well."""
    if not isinstance(value, str):
        return value
    if name in RAW:
        return value.replace("\0", "0")
    return REFUSED.sub("x", value).strip() or "x"


def a_line():
    """A line that is in the shopper's cart now: other calls take them out."""
    headers = {"Authorization": f"Bearer {SHOP['tokens']['customer']}"}
    mine = {name: SHOP["known"][name] for name in ("user_id", "product_id")}
    SESSION.post(f"{SHOP['url']}/cart/add", json={**mine, "quantity": 1}, headers=headers, timeout=15)
    lines = SESSION.get(f"{SHOP['url']}/cart/{mine['user_id']}", headers=headers, timeout=15).json()
    return next(line["_id"] for line in lines if line["product_id"] == mine["product_id"])


def known(path, name, value):
    """A value that the shop knows."""
    if name == "email" and path == "/register":
        return f"s{secrets.token_hex(8)}@example.com"
    if name == "order_id" and path.endswith("/events"):
        return SHOP["ended"]
    if name == "expected_total" and isinstance(value, (int, float)):
        return min(round(value, 2), 1e9)
    if path == "/login":
        return SHOP["login"].get(name, value)
    if path.endswith("/stock") and name == "product_id":
        return SHOP["other_product"]  # or nobody could buy what is set to 0
    if name == "cart_id":
        return a_line()
    return SHOP["known"].get(name, plain(name, value))


def choose(body):
    """A stock or a delta, as words say."""
    if "stock" in body:
        body.pop("delta", None)
    else:
        body.pop("expected_stock", None)
        body["delta"] = 1


@schemathesis.hook
def before_call(context, case, kwargs):
    """Calls that don't fit the description stay as they are."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    for values in (case.path_parameters, case.query, case.body):
        if isinstance(values, dict):
            for name, value in values.items():
                values[name] = known(case.operation.path, name, value)
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = secrets.token_hex(8)
    if case.operation.path.endswith("/stock") and isinstance(case.body, dict):
        choose(case.body)
