"""An HTTP client that sends each call once, even if it gets no answer."""

import http.client
import json
import select
import time
from decimal import Decimal

from client import JSON_TYPE, next_address

TIMEOUT = 15  # more than the gateway's own timeout


class Answer:
    """An answer; status is None if there was none."""

    def __init__(self, seconds, status=None, headers=None, body=b""):
        self.seconds = seconds
        self.status = status
        self.headers = headers or {}
        self.body = body

    def json(self):
        """The body as JSON with exact fractions; None if it is not JSON."""
        kind = self.headers.get("Content-Type") or ""
        if kind.split(";")[0] != JSON_TYPE:
            return None
        try:
            return json.loads(self.body, parse_float=Decimal)
        except ValueError:
            return None

    def __repr__(self):
        if self.status is None:
            return f"no answer in {self.seconds:.2f} s"
        request_id = self.headers.get("X-Request-ID")
        return f"{self.status} {self.body[:200]!r} (request {request_id})"


class Caller:
    """One kept connection to a port; for one thread at a time."""

    def __init__(self, port):
        self.port = port
        self.address = next_address()
        self.connection = None

    def call(self, method, path, body=None, headers=None):
        """Sends a call, once, and waits for its answer."""
        data = None if body is None else json.dumps(body, default=as_number).encode()
        headers = dict(headers or {})
        if data is not None:
            headers["Content-Type"] = JSON_TYPE
        elif method in ("POST", "PUT"):
            data = b""
        began = time.monotonic()
        try:
            connection = self._open()
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            got = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return Answer(time.monotonic() - began)
        return Answer(time.monotonic() - began, answer.status, answer.headers, got)

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def _open(self):
        # The gateway closed the idle connection: nothing is sent on it.
        if self.connection and self.connection.sock and \
                select.select([self.connection.sock], [], [], 0)[0]:
            self.close()
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, TIMEOUT,
                                                         source_address=(self.address, 0))
        return self.connection


def as_number(value):
    """Money in a body: a binary fraction is rounded to two places."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    raise TypeError(f"{value!r} is not for JSON")
