"""The users, carts and requests of the HTTP load: plans as load.c reads them."""

import http.client
import json

CART_USERS = 2  # for each connection that adds products (as in raw_ops.c)
CART_PRODUCTS = 50  # in a cart: 2 x 50 x 99 additions on a connection before one is full
READER_LINES = 5
PASSWORD = "bench-password"
ADMIN = {"email": "admin@example.com", "password": "demo-password"}
STOCK = 1000000  # more than a run can sell


class Api:
    """Calls on one connection, each of which must succeed."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def call(self, method, path, body=None, token=None):
        """The answer's bytes."""
        data = None if body is None else json.dumps(body)
        self.connection.request(method, path, data, headers(token, body is not None))
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status} {content.decode()}")
        return content


def headers(token, has_body):
    """The headers beside Host and Content-Length."""
    found = {}
    if token:
        found["Authorization"] = f"Bearer {token}"
    if has_body:
        found["Content-Type"] = "application/json"
    return found


def request(method, path, body=None, token=None):
    """The bytes of one request."""
    data = b"" if body is None else json.dumps(body).encode()
    fields = {"Host": "localhost", **headers(token, body is not None)}
    if data:
        fields["Content-Length"] = len(data)
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + data


class User:
    """A registered user who is logged in."""

    def __init__(self, api, number):
        self.login = {"email": f"bench-{number}@example.com", "password": PASSWORD}
        api.call("POST", "/register", {"name": "Bench", "otp": "1234", **self.login})
        answer = json.loads(api.call("POST", "/login", self.login))
        self.id, self.token = answer["user_id"], answer["access_token"]

    def add(self, product):
        return ("POST", "/cart/add", {"user_id": self.id, "product_id": product, "quantity": 1},
                self.token)

    def order(self):
        return ("POST", "/order/create", {"user_id": self.id}, self.token)

    def cart(self):
        return ("GET", f"/cart/{self.id}", None, self.token)


class Plans:
    """Fills a folder with a plan for each operation."""

    def __init__(self, folder, port, connections):
        self.folder = folder
        self.connections = range(connections)
        api = Api(port)
        self.catalogue = api.call("GET", "/products")
        listed = json.loads(self.catalogue)
        self.product_ids = [product["_id"] for product in listed]
        self.wanted = [p["_id"] for p in listed if p["available"]][:CART_PRODUCTS]
        self._fill_up(api)
        self.users = [User(api, i) for i in range(connections * (CART_USERS + 2))]
        for user in self._of_kind(0):
            for product in self.wanted[:READER_LINES]:
                api.call(*user.add(product))

    def _fill_up(self, api):
        token = json.loads(api.call("POST", "/login", ADMIN))["access_token"]
        for product in self.wanted:
            api.call("PUT", f"/products/{product}/stock", {"stock": STOCK}, token)

    def _of_kind(self, kind):
        """One user for each connection; kinds of operations do not share users."""
        return self.users[kind::CART_USERS + 2]

    def write(self, static_path):
        """A file NAME.plan for each operation."""
        products = self.product_ids
        readers, orderers, *adders = (self._of_kind(k) for k in range(CART_USERS + 2))
        calls = {
            "static": lambda c: [("GET", static_path)],
            "list": lambda c: [("GET", "/products")],
            "product": lambda c: [("GET", f"/products/{products[(c * 37 + i) % len(products)]}")
                                  for i in range(len(products))],
            "login": lambda c: [("POST", "/login", user.login)
                                for user in self.users[c::len(self.connections)]],
            "cart_add": lambda c: [users[c].add(product)
                                   for product in self.wanted for users in adders],
            "cart_read": lambda c: [readers[c].cart()],
            "order": lambda c: [call for product in self.wanted
                                for call in (orderers[c].add(product), orderers[c].order())],
        }
        self.folder.mkdir(mode=0o700, parents=True)
        for name, of_connection in calls.items():
            self._write_one(name, of_connection)

    def _write_one(self, name, of_connection):
        with open(self.folder / f"{name}.plan", "wb") as plan:
            for connection in self.connections:
                for call in of_connection(connection):
                    data = request(*call)
                    plan.write(b"%d 200 %d\n" % (connection, len(data)) + data)
