"""A small HTTP client: an address of its own, an optional token, JSON both ways."""

import http.client
import itertools
import json
import socket
import time
from decimal import Decimal

TIMEOUT = 20
JSON_TYPE = "application/json"
LISTS = {"Vary", "Cache-Control"}  # headers that may occur several times

LOOPBACK_6 = "::1"  # IPv6 has no other
PROXY = "127.0.0.9"  # of no client: TRUSTED_PROXIES of the tests' systems

# Values that no log may contain: each client adds its tokens, each shopper the password.
SECRETS = set()

_counter = itertools.count(1)


def next_address():
    """A loopback address that no other client uses: rate limits count by address."""
    n = next(_counter)
    return f"127.{50 + n // 62500}.{n // 250 % 250 + 1}.{n % 250 + 1}"


def host_of(address):
    """The loopback address that a client reaches from its own."""
    return LOOPBACK_6 if address == LOOPBACK_6 else "127.0.0.1"


class Response:
    """An answer: status, headers, body, and the seconds it took."""

    def __init__(self, answer, body, seconds):
        self.status = answer.status
        self.headers = answer.headers
        self.body = body
        self.seconds = seconds

    def header(self, name):
        """One header's value, or None; a repeated header is an error, except for lists."""
        values = self.headers.get_all(name, [])
        assert len(values) <= 1 or name in LISTS, f"{name} stands {len(values)} times: {values}"
        return ", ".join(values) if values else None

    @property
    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        """The body as JSON; fractions are Decimal, because money must be exact."""
        kind = self.header("Content-Type") or ""
        assert kind.split(";")[0] == JSON_TYPE, f"not JSON: {self!r}"
        return json.loads(self.text, parse_float=Decimal)

    def __repr__(self):
        return f"<{self.status} {dict(self.headers)} {self.body[:300]!r} in {self.seconds:.3f} s>"


class Client:
    """Calls one running system; `listener` names the port: gateway, user, product, …"""

    def __init__(self, ports, token=None, listener="gateway", address=None):
        self.ports = ports
        self.listener = listener
        self.address = address or next_address()
        self.connections = {}
        self.user_id = self.email = self.password = None
        self._token = None
        self.token = token

    @property
    def token(self):
        return self._token

    @token.setter
    def token(self, token):
        self._token = token
        if token and len(token) > 40:  # not a bad one like "garbage"
            SECRETS.add(token)

    def with_token(self, token):
        """A second client from another address with that token."""
        return Client(self.ports, token, self.listener)

    def behind_proxy(self):
        """The same client behind a trusted proxy, so that the system accepts its request ids."""
        other = Client(self.ports, self.token, self.listener, PROXY)
        other.user_id, other.email, other.password = self.user_id, self.email, self.password
        return other

    def call(self, method, path, json_body=None, *, data=None, headers=(), listener=None):
        """Makes a call. `json_body` is sent as JSON, `data` as it is; `headers` are pairs."""
        headers = list(headers.items() if isinstance(headers, dict) else headers)
        names = {name.lower() for name, _ in headers}
        if json_body is not None:
            data = json.dumps(json_body).encode()
        if data is not None and "content-type" not in names:
            headers.append(("Content-Type", JSON_TYPE))
        if self.token and "authorization" not in names:
            headers.append(("Authorization", f"Bearer {self.token}"))
        return self._send(method, path, data, headers, listener or self.listener)

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def head(self, path, **more):
        return self.call("HEAD", path, **more)

    def post(self, path, json_body=None, **more):
        return self.call("POST", path, json_body, **more)

    def put(self, path, **more):
        return self.call("PUT", path, **more)

    def delete(self, path, **more):
        return self.call("DELETE", path, **more)

    def close(self):
        while self.connections:
            self.connections.popitem()[1].close()

    def _send(self, method, path, data, headers, listener):
        kept = listener in self.connections
        started = time.monotonic()
        try:
            answer, body = self._try(method, path, data, headers, listener)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.connections.pop(listener).close()
            if not kept:
                raise
            # The server may close a kept connection between two calls.
            answer, body = self._try(method, path, data, headers, listener)
        if answer.headers["X-Device"]:
            SECRETS.add(answer.headers["X-Device"])
        return Response(answer, body, time.monotonic() - started)

    def _try(self, method, path, data, headers, listener):
        connection = self.connections.get(listener)
        if connection is None:
            connection = self.connections[listener] = http.client.HTTPConnection(
                host_of(self.address), self.ports[listener], TIMEOUT, source_address=(self.address, 0))
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if data is not None or method in ("POST", "PUT"):
            connection.putheader("Content-Length", str(len(data or b"")))
        connection.endheaders(data)
        answer = connection.getresponse()
        return answer, answer.read()


def send_raw(port, request, method="GET"):
    """Sends bytes as they are from an address of its own, and reads the one answer."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), TIMEOUT, (next_address(), 0)) as sock:
        try:
            sock.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all was read: the answer has the reason
        answer = http.client.HTTPResponse(sock, method=method)
        answer.begin()
        return Response(answer, answer.read(), time.monotonic() - started)
