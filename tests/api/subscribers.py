"""Subscribers of an order's event stream, one thread each.

Event streams: the HTML standard, "Server-sent events".
"""

import http.client
import json
import socket
import threading
import time

from client import LOOPBACK_6, PROXY, host_of, next_address
from instance import wait_until

OPENED_WITHIN = 10


def path_of(order_id):
    return f"/order/{order_id}/events"


class Subscriber(threading.Thread):
    """Reads until the stream ends; keeps each event with its time of arrival."""

    def __init__(self, client, order_id, headers=(), address=None, query=""):
        super().__init__(daemon=True)
        self.received = []  # (monotonic time, object of a status)
        self.replaced = []  # (monotonic time, event)
        self.last_id = None
        self.pings = []
        self.errors = []
        self.ended_at = None
        self.status = None
        self.sock = socket.create_connection(
            (host_of(client.address), client.ports[client.listener]), OPENED_WITHIN,
            (address or (client.address if client.address in (PROXY, LOOPBACK_6) else next_address()), 0))
        headers = [("Host", "shop"), *([("Authorization", f"Bearer {client.token}")]
                                       if client.token else []), *headers]
        lines = [f"GET {path_of(order_id)}{query} HTTP/1.1", *(f"{k}: {v}" for k, v in headers), "", ""]
        self.sock.sendall("\r\n".join(lines).encode("latin-1"))
        self.answer = http.client.HTTPResponse(self.sock, method="GET")
        self.answer.begin()
        self.status = self.answer.status
        self.sock.settimeout(120)
        if self.status == 200:
            self.start()

    # ---- reading ----

    def run(self):
        try:
            self.read_events()
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.errors.append(error)  # the connection broke
        finally:
            self.ended_at = time.monotonic()

    def read_events(self):
        event = {}
        while line := self.answer.readline():
            now = time.monotonic()
            name, _, value = line.decode().rstrip("\r\n").partition(":")
            if line.startswith(b":"):
                self.pings.append((now, line.decode().strip()))
            elif name:
                event[name] = value.removeprefix(" ")
            elif event:
                self.handle(now, event)
                event = {}

    def handle(self, now, event):
        self.last_id = event.get("id", self.last_id)
        if "data" not in event:
            self.pings.append((now, event))
        elif event.get("event") == "replaced":
            self.replaced.append((now, event))
        elif event.get("event") == "status":
            self.received.append((now, json.loads(event["data"])))
        else:
            self.errors.append(event)

    # ---- events ----

    @property
    def states(self):
        return [status["status"] for _, status in self.received]

    def wait_for_states(self, *states, seconds=10):
        """Waits until exactly these states are received; returns the time of the last."""
        wait_until(lambda: len(self.states) >= len(states), seconds,
                   f"{states}, there are {self.states}, {self.errors}")
        assert self.states == list(states), self.received
        return self.received[-1][0]

    def wait_for_end(self, seconds):
        """Waits until the stream has ended; returns the time."""
        wait_until(lambda: self.ended_at, seconds, f"the stream ends: {self.received}")
        return self.ended_at

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        if self.is_alive():
            self.join(10)
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
