"""Assertions that many tests make on answers."""

import re

ID = re.compile(r"^[0-9a-f]{24}$")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
MONEY = re.compile(r"^\d+(\.\d?[1-9])?$")
REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")

UNKNOWN_ID = "f" * 24

# Seconds within which a call is answered while a dependency is unavailable.
OUTAGE_BOUND = 3.0


def code_of(detail):
    """The code of an error's text: the text in snake_case."""
    if detail.startswith("Invalid transition"):
        return "invalid_transition"
    return detail.lower().replace(" ", "_").replace("-", "_")


def ok(answer):
    """The JSON of a success."""
    assert answer.status == 200, answer
    assert REQUEST_ID.match(answer.header("X-Request-ID") or ""), answer
    return answer.json()


def refused(answer, status, detail):
    """Asserts an error with a text, its code and a request id."""
    assert answer.status == status, f"expected {status} {detail}: {answer}"
    body = answer.json()
    assert body["detail"] == detail, answer
    assert body["code"] == code_of(detail), answer
    assert REQUEST_ID.match(answer.header("X-Request-ID") or ""), answer
    assert answer.header("WWW-Authenticate") == ("Bearer" if status == 401 else None), answer
    if status in (429, 503):
        assert int(answer.header("Retry-After")) > 0, answer
    return body


def invalid(answer, *fields, where="body"):
    """Asserts a 422 in FastAPI's form that lists exactly these fields; any, where none is given."""
    assert answer.status == 422, f"expected 422 {fields}: {answer}"
    faults = answer.json()["detail"]
    assert isinstance(faults, list) and faults, answer
    for fault in faults:
        assert isinstance(fault["type"], str) and fault["type"], answer
        assert isinstance(fault["msg"], str) and fault["msg"], answer
        assert isinstance(fault["loc"], list) and fault["loc"], answer
    assert REQUEST_ID.match(answer.header("X-Request-ID") or ""), answer
    if fields:
        found = sorted(tuple(fault["loc"]) for fault in faults)
        assert found == sorted((where, field) for field in fields), answer


def without_stock(products):
    """Products without their stock, which every order changes."""
    return [{name: value for name, value in product.items() if name != "stock"}
            for product in products]


def client_error(answer):
    """Asserts any 4xx in the contract's form, where several are right."""
    assert 400 <= answer.status < 500, answer
    body = answer.json()
    if isinstance(body["detail"], list):
        invalid(answer)
    else:
        assert re.match(r"^[a-z]+(_[a-z]+)*$", body["code"]), answer
        assert REQUEST_ID.match(answer.header("X-Request-ID") or ""), answer


def unavailable(answer):
    """Asserts the answer of a service whose database or pool is unavailable."""
    assert answer.status == 503, answer
    refused(answer, 503, "Service temporarily unavailable")
    assert answer.seconds < OUTAGE_BOUND, answer
