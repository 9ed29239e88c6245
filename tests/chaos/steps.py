"""Steps with a cart: a table from which random steps are drawn by weight."""

PLENTIFUL_MOST, SCARCE_MOST = 5, 3  # quantities that are added at a time


def draw(rng, table):
    """One of a table's rows (weight, function)."""
    return rng.choices([row[1] for row in table], [row[0] for row in table])[0]


def browse(customer):
    """Reads the catalogue in one of several ways."""
    product = customer.rng.choice(list(customer.history.prices))
    customer.read("browse", customer.rng.choice([
        "/products", "/categories", "/products?q=milk&limit=5", f"/products/{product}"]))


def add(customer, products, most):
    product = customer.rng.choice(products)
    quantity = customer.rng.randint(1, most)
    customer.change("add", "POST", "/cart/add",
                    {"user_id": customer.user_id, "product_id": product, "quantity": quantity},
                    product, quantity)


def add_plentiful(customer):
    add(customer, customer.history.plentiful, PLENTIFUL_MOST)


def add_scarce(customer):
    add(customer, customer.history.scarce, SCARCE_MOST)


def with_line(customer, work):
    """Calls a function with a random line of the cart, if it has one."""
    lines = customer.cart()
    if lines:
        work(customer.rng.choice(lines))


def increase(customer):
    with_line(customer, lambda line: customer.change(
        "increase", "PUT", f"/cart/increase/{line['_id']}", None, line["product_id"], 1))


def decrease(customer):
    with_line(customer, lambda line: customer.change(
        "decrease", "PUT", f"/cart/decrease/{line['_id']}", None, line["product_id"], -1))


def remove(customer):
    with_line(customer, customer.remove)


FILLING = (
    (8, add_plentiful),
    (4, add_scarce),
    (2, browse),
    (2, increase),
    (2, decrease),
    (1, remove),
)


def fill(customer):
    """Fills the cart with random steps."""
    add_plentiful(customer)
    for _ in range(customer.rng.randint(1, 4)):
        draw(customer.rng, FILLING)(customer)


def drop_refused(customer, product_ids):
    """Removes the products for which an order was refused."""
    for line in customer.cart():
        if line["product_id"] in product_ids:
            customer.remove(line)
