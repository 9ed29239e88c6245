"""The list of a shopper's orders."""

import pytest

from checks import invalid, ok, refused
from journey import ordered, orders, pages


@pytest.fixture(scope="module")
def shopper_with_orders(shop, milk):
    """A shopper with five orders, and their ids, oldest first."""
    shopper = shop.new_shopper()
    shopper.order_ids = [ordered(shopper, milk, n + 1) for n in range(5)]
    return shopper


def test_without_a_limit_a_page_has_twenty_orders(shop, milk):
    shopper = shop.new_shopper()
    ids = [ordered(shopper, milk) for _ in range(21)]
    answer = orders(shopper, "")
    assert [order["_id"] for order in ok(answer)] == ids[:0:-1]
    assert answer.header("Link"), "leads to the one that is left"
    found = pages(shopper, f"/orders/{shopper.user_id}")
    assert [order["_id"] for page in found for order in page] == ids[::-1]


def test_a_new_account_has_no_orders(shopper):
    assert ok(orders(shopper)) == []


def test_orders_are_listed_newest_first(shopper_with_orders):
    answer = orders(shopper_with_orders)
    assert [order["_id"] for order in ok(answer)] == shopper_with_orders.order_ids[::-1]
    assert answer.header("Link") is None


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_pages_contain_every_order_once(shopper_with_orders, limit):
    found = pages(shopper_with_orders, f"/orders/{shopper_with_orders.user_id}?limit={limit}")
    ids = [order["_id"] for page in found for order in page]
    assert ids == shopper_with_orders.order_ids[::-1]
    assert all(len(page) == limit for page in found[:-1]) and found[-1]


def test_a_new_order_does_not_shift_the_pages(shop, milk):
    shopper = shop.new_shopper()
    ids = [ordered(shopper, milk) for _ in range(3)]
    first = orders(shopper, "?limit=2")
    ordered(shopper, milk)
    link = first.header("Link").split(">")[0].lstrip("<")
    rest = ok(shopper.get(link[link.index("/orders"):]))
    assert [o["_id"] for o in ok(first) + rest] == ids[::-1]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=", "limit=-1"])
def test_a_wrong_limit_is_refused(shopper_with_orders, query):
    invalid(orders(shopper_with_orders, f"?{query}"), "limit", where="query")


@pytest.mark.parametrize("after", ["zzz", "%00", "a" * 3000, "{}"])
def test_a_wrong_cursor_is_refused(shopper_with_orders, after):
    invalid(orders(shopper_with_orders, f"?after={after}"), "after", where="query")


def test_another_users_history_is_forbidden(shopper, shopper_with_orders):
    refused(shopper.get(f"/orders/{shopper_with_orders.user_id}"), 403, "Forbidden")
