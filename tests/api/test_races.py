"""Concurrent orders: a cart makes one order, and the last units are sold once.

The long form is `make races`.
"""

import sys

import pytest

from instance import ROOT
from journey import set_stock

sys.path.insert(0, str(ROOT / "tests" / "chaos"))

import races  # noqa: E402

CLIENTS, ROUNDS = 64, 20
BUYERS, UNITS = 60, 6


@pytest.fixture
def product(shop, rarities):
    """A product whose stock is restored at the end."""
    chosen = next(rarities)
    yield chosen["_id"]
    set_stock(shop, chosen, chosen["stock"])


def test_concurrent_orders_of_one_cart_make_one_order(shop, product):
    orders, counted, wrong = races.one_cart(shop, product, CLIENTS, ROUNDS)
    assert wrong == []
    assert orders == counted["200"] == ROUNDS, counted
    assert counted.keys() <= {"200", "cart_is_empty", "request_in_progress"}, counted


def test_the_last_units_are_sold_once(shop, product):
    orders, left, counted, wrong = races.last_units(shop, product, BUYERS, UNITS, BUYERS)
    assert wrong == []
    assert (orders, left) == (UNITS, 0), counted
    assert counted["200"] == UNITS and counted["out_of_stock"] == BUYERS - UNITS, counted
