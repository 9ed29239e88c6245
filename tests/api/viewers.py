"""Who looks at an order live: clients of its event stream and of its WebSocket, each on a thread.

WebSocket: RFC 6455. Event streams: the HTML standard, "Server-sent events".
"""

import base64
import http.client
import json
import os
import socket
import struct
import threading
import time

from client import PROXY, next_address
from instance import wait_until

OPENED_WITHIN = 10


def path_of(order_id):
    return f"/order/{order_id}/events"


class Viewer(threading.Thread):
    """Reads on until the stream ends; what came is told with the moment when it did."""

    def __init__(self, client, order_id, headers=(), ports=None):
        super().__init__(daemon=True)
        self.came = []  # (monotonic time, object of a status)
        self.pings = []
        self.wrong = []
        self.ended_at = None
        self.status = None
        self.sock = socket.create_connection(
            ("127.0.0.1", (ports or client.ports)[client.listener]), OPENED_WITHIN,
            (PROXY if client.address == PROXY else next_address(), 0))
        headers = [("Host", "shop"), *([("Authorization", f"Bearer {client.token}")]
                                       if client.token else []), *self.own_headers(), *headers]
        lines = [f"GET {path_of(order_id)} HTTP/1.1", *(f"{k}: {v}" for k, v in headers), "", ""]
        self.sock.sendall("\r\n".join(lines).encode("latin-1"))
        self.answer = http.client.HTTPResponse(self.sock, method="GET")
        self.answer.begin()
        self.status = self.answer.status
        self.sock.settimeout(120)
        if self.status == self.success:
            self.start()

    success = 200

    @staticmethod
    def own_headers():
        return []

    # ---- reading ----

    def run(self):
        try:
            self.read_on()
        except (OSError, http.client.HTTPException, ValueError, struct.error) as error:
            self.wrong.append(error)  # the connection broke
        finally:
            self.ended_at = time.monotonic()

    def read_on(self):
        event = {}
        while line := self.answer.readline():
            now = time.monotonic()
            name, _, value = line.decode().rstrip("\r\n").partition(":")
            if line.startswith(b":"):
                self.pings.append((now, line.decode().strip()))
            elif name:
                event[name] = value.removeprefix(" ")
            elif event:
                self.take(now, event)
                event = {}

    def take(self, now, event):
        if "data" not in event:
            self.pings.append((now, event))
        elif event.get("event") == "status":
            self.came.append((now, json.loads(event["data"])))
        else:
            self.wrong.append(event)

    # ---- what came ----

    @property
    def states(self):
        return [status["status"] for _, status in self.came]

    def sees(self, *states, seconds=10):
        """Waits until exactly these states have come, and gives the moment of the last."""
        wait_until(lambda: len(self.states) >= len(states), seconds,
                   f"{states}, there are {self.states}, {self.wrong}")
        assert self.states == list(states), self.came
        return self.came[-1][0]

    def ends(self, seconds):
        """Waits until the stream has ended, and gives the moment."""
        wait_until(lambda: self.ended_at, seconds, f"the stream ends: {self.came}")
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


class SocketViewer(Viewer):
    """The same over WebSocket: one message a status."""

    success = 101
    closing = None  # code of the server's closing frame

    @staticmethod
    def own_headers():
        return [("Connection", "Upgrade"), ("Upgrade", "websocket"),
                ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", base64.b64encode(os.urandom(16)).decode())]

    def read_exactly(self, n):
        data = self.file.read(n)
        if len(data) < n:
            raise EOFError
        return data

    def read_on(self):
        # What came with the head is in the answer's buffer.
        self.file = self.answer.fp or self.sock.makefile("rb")
        try:
            while self.closing is None:
                self.take_frame()
        except EOFError:
            self.wrong.append("no closing frame")

    def pong(self, payload):
        """The answer without which the server takes the client for gone; a client's are masked."""
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self.sock.sendall(bytes([0x8A, 0x80 | len(payload)]) + mask + masked)

    def take_frame(self):
        first, length = self.read_exactly(2)
        assert first & 0x80 and not length & 0x80, "a fragment, or masked"
        if length == 126:
            (length,) = struct.unpack(">H", self.read_exactly(2))
        payload, now = self.read_exactly(length), time.monotonic()
        if first & 15 == 1:
            self.came.append((now, json.loads(payload)))
        elif first & 15 == 8:
            self.closing = struct.unpack(">H", payload[:2])[0]
        elif first & 15 == 9:
            self.pings.append((now, payload))
            self.pong(payload)
        else:
            self.wrong.append((first, payload))


# Both must see the same.
KINDS = {"events": Viewer, "socket": SocketViewer}
