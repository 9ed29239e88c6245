"""Facts that the tests need of each service beside services.tsv: a row for each."""

from dataclasses import dataclass

import services


@dataclass(frozen=True)
class Facts:
    """One service as a client sees it."""

    greeting: str  # of GET /health, as published
    read: str  # the path of a GET that a shopper may call; {user_id}, {product_id}, {order_id} are filled in
    of_unknown: int = 200  # the status of that read for an order that doesn't exist
    ready_alone: bool = False  # whether it is ready without its database


FACTS = {
    "user": Facts("User service running", "/profile"),
    "product": Facts("Product service running", "/products/{product_id}", ready_alone=True),
    "cart_order": Facts("Cart service running", "/cart/{user_id}", ready_alone=True),
    "delivery": Facts("Delivery service running", "/order/{order_id}/status", of_unknown=404),
}
assert FACTS.keys() == set(services.NAMES), "services.tsv has other services"
UNKNOWN_ORDER = "0" * 24
