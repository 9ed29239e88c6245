"""Deliveries without an order, created and moved through the internal calls."""

import os

from checks import ok
from tokens import service_token

WAY = ["PLACED", "PACKED", "OUT_FOR_DELIVERY", "DELIVERED"]


class InternalClient:
    """A client with a service token at the internal listener."""

    def __init__(self, shop):
        self.client = shop.guest("internal").with_token(
            service_token(shop))

    def place(self, user_id=None):
        """A new delivery; without a user unless one is given."""
        order_id = os.urandom(12).hex()
        body = {"status": "PLACED"} | ({"user_id": user_id} if user_id else {})
        ok(self.client.post(f"/order/{order_id}/update-status", body))
        return order_id

    def cancel(self, order_id, user_id="u-1"):
        ok(self.client.post(f"/internal/orders/{order_id}/cancel",
                            {"user_id": user_id, "by": "admin"}))

    def move(self, order_id, word):
        ok(self.client.post(f"/order/{order_id}/update-status", {"status": word}))

    def reach(self, order_id, word):
        """Moves an order that is PLACED on to a state."""
        if word == "CANCELLED":
            self.cancel(order_id)
            return
        for step in WAY[1:WAY.index(word) + 1]:
            self.move(order_id, step)

    def order(self, order_id):
        """Its state and history."""
        return ok(self.client.get(f"/internal/orders/{order_id}"))
