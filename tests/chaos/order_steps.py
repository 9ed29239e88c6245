"""Steps of ordering, and steps after an order: tables from which random steps are drawn by weight."""

from decimal import Decimal

from steps import draw, drop_refused
from history import paise

REFUSALS_MOST = 4  # tries of an order without the products that are out of stock


def new_key(customer):
    return f"{customer.rng.getrandbits(96):024x}"


def body_of(customer, expected=None):
    """The body of order/create, with an expected total in rupees if one is given."""
    body = {"user_id": customer.user_id}
    return body if expected is None else {**body, "expected_total": expected}


def cost(customer):
    """The total of the cart in rupees, as the shopper sees it."""
    return sum((Decimal(str(line["price"])) * line["quantity"] for line in customer.cart()),
               Decimal(0))


# ---- ordering: each returns the call with the outcome ----

def create(customer, expected=None, **about):
    """Sends order/create once."""
    if expected is not None:
        about["expected"] = paise(expected)
    return customer.call("create", "POST", "/order/create", body_of(customer, expected), **about)


def resolve_create(customer, key, expected=None):
    """Repeats order/create with its key until it gets a definite answer."""
    about = {} if expected is None else {"expected": paise(expected)}
    return customer.resolve("create", "POST", "/order/create", body_of(customer, expected),
                           key=key, **about)


def keyed(customer, expected=None):
    """With a key; repeated without the products that are out of stock, with the same key or another."""
    key = new_key(customer)
    for _ in range(REFUSALS_MOST):
        call, answer, _ = resolve_create(customer, key, expected)
        if call.code != "out_of_stock":
            break
        drop_refused(customer, answer["product_ids"])
        if expected is not None or customer.rng.random() < 0.5:
            key, expected = new_key(customer), None
    return call


def two_with_one_key(customer):
    """A double click: two concurrent calls with one key, and then the same again."""
    key = new_key(customer)
    customer.run_concurrently(*[lambda caller: create(customer, key=key, caller=caller)] * 2)
    return resolve_create(customer, key)[0]


def once_without_key(customer):
    return create(customer)[0]


def two_without_key(customer):
    calls = customer.run_concurrently(*[lambda caller: create(customer, caller=caller)[0]] * 2)
    return next((call for call in calls if call.acknowledged), calls[0])


def right_total(customer):
    return keyed(customer, cost(customer))


def wrong_total(customer):
    """A wrong total is refused, unless a change of the cart makes it right."""
    return resolve_create(customer, new_key(customer), cost(customer) + 1)[0]


ORDERING = (
    (8, keyed),
    (3, two_with_one_key),
    (1, once_without_key),
    (2, two_without_key),
    (2, right_total),
    (1, wrong_total),
)

# ---- after an acknowledged order ----


def read_order(customer, call):
    """Reads the order in every way; each must have it, and no order of another user."""
    order, total = call.created
    fault = customer.history.fault
    seen = customer.read("order", f"/order/{order}")
    if (seen.get("_id"), seen.get("user_id")) != (order, customer.user_id) or \
            paise(seen.get("total", -1)) != total:
        fault("acknowledged order", f"GET /order/{order} does not show {total} paise "
                                    f"of user {customer.user_id}: {seen}")
    if order in customer.cancelled and seen.get("status") != "CANCELLED":
        fault("cancelling", f"GET /order/{order} shows {seen.get('status')} after the cancel was "
                            f"acknowledged")
    listed = customer.read("orders", f"/orders/{customer.user_id}?limit=100")
    if order not in {one["_id"] for one in listed}:
        fault("acknowledged order", f"order {order} of user {customer.user_id} isn't listed")
    for one in listed:
        if one["user_id"] != customer.user_id:
            fault("foreign data", f"user {customer.user_id} sees order {one['_id']} of user "
                                  f"{one['user_id']}")
    customer.read("status", f"/order/{order}/status")


def repeat(customer, call):
    """Repeats the key; the checker compares the answers."""
    if call.key:
        resolve_create(customer, call.key, expected_of(call))


def expected_of(call):
    return None if call.expected is None else Decimal(call.expected) / 100


def other_body(customer, call):
    """The same key with another body is refused."""
    if call.key:
        expected = (expected_of(call) or 0) + 1
        customer.resolve("other body", "POST", "/order/create", body_of(customer, expected),
                        key=call.key)


def cancel_path(call):
    return f"/order/{call.created[0]}/cancel"


def resolve_cancel(customer, call, key=None):
    order = call.created[0]
    if customer.resolve("cancel", "POST", cancel_path(call), order=order, key=key)[0].acknowledged:
        customer.cancelled.add(order)


def cancel_once(customer, call):
    resolve_cancel(customer, call)


def cancel_keyed(customer, call):
    """Cancels with a key, and repeats it."""
    key = new_key(customer)
    resolve_cancel(customer, call, key)
    resolve_cancel(customer, call, key)


def cancel_twice(customer, call):
    """Two concurrent cancels, with a key or without, and then another."""
    key = customer.rng.choice([None, new_key(customer)])
    customer.run_concurrently(*[lambda caller: customer.call(
        "cancel", "POST", cancel_path(call), caller=caller, order=call.created[0], key=key)] * 2)
    resolve_cancel(customer, call, key)


def leave_to_courier(customer, call):
    """Leaves the order to the couriers."""


AFTER = (
    (4, leave_to_courier),
    (3, read_order),
    (3, repeat),
    (1, other_body),
    (1, cancel_once),
    (2, cancel_keyed),
    (1, cancel_twice),
)


def order(customer):
    """Creates an order by a random step, and makes random steps with it."""
    call = draw(customer.rng, ORDERING)(customer)
    if not call.acknowledged:
        return
    customer.history.acknowledged.append(call.created[0])
    for _ in range(customer.rng.randint(1, 2)):
        draw(customer.rng, AFTER)(customer, call)
