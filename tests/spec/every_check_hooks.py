"""Hooks for `schemathesis run` with facts beyond the description (SHOP: JSON of every_check.py): the role
of each call, existing ids, and texts whose rules only the description's words state."""

import json
import os
import re
import secrets

import requests
import schemathesis

SHOP = json.loads(os.environ["SHOP"])
# Characters that texts other than passwords must not have; joiners are refused outside of scripts that use them.
REFUSED = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]")
RAW = {"password"}
SESSION = requests.Session()
SESSION.trust_env = False


@schemathesis.auth(refresh_interval=None)
class Tokens:
    """The token of an admin for calls of staff, that of a shopper for all others."""

    def get(self, case, context):
        staff = "customer" not in case.operation.definition.raw["description"]
        return SHOP["tokens"]["admin" if staff else "customer"]

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


def plain(name, value):
    """A text that the shop accepts."""
    if not isinstance(value, str):
        return value
    if name in RAW:
        return value.replace("\0", "0")
    return REFUSED.sub("x", value).strip() or "x"


def line_in_cart():
    """A line that is in the shopper's cart now: other calls remove lines."""
    headers = {"Authorization": f"Bearer {SHOP['tokens']['customer']}"}
    mine = {name: SHOP["known"][name] for name in ("user_id", "product_id")}
    SESSION.post(f"{SHOP['url']}/cart/add", json={**mine, "quantity": 1}, headers=headers, timeout=15)
    lines = SESSION.get(f"{SHOP['url']}/cart/{mine['user_id']}", headers=headers, timeout=15).json()
    return next(line["_id"] for line in lines if line["product_id"] == mine["product_id"])


def known(path, name, value):
    """A value that exists in the shop."""
    if name == "email" and path == "/register":
        return f"s{secrets.token_hex(8)}@example.com"
    if name == "order_id" and path.endswith("/events"):
        return SHOP["ended"]
    if name == "expected_total" and isinstance(value, (int, float)):
        return min(round(value, 2), 1e9)
    if path == "/login":
        return SHOP["login"].get(name, value)
    if path.endswith("/stock") and name == "product_id":
        return SHOP["other_product"]  # or the stock of the ordered products would become 0
    if name == "cart_id":
        return line_in_cart()
    return SHOP["known"].get(name, plain(name, value))


def choose(body):
    """Either a stock or a delta, as the description's text requires."""
    if "stock" in body:
        body.pop("delta", None)
    else:
        body.pop("expected_stock", None)
        body["delta"] = 1


@schemathesis.hook
def before_call(context, case, kwargs):
    """Replaces values of valid calls; invalid calls are not changed."""
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
