"""Checks seed/products.json and the pictures it names; prints one line for each violation.

usage: check_catalogue.py [TREE]
"""

import json
import re
import sys
from decimal import Decimal
from pathlib import Path

PRODUCTS = "seed/products.json"
PICTURES = "nginx/www/pictures"

# What each field must be; bool is a subclass of int, so types are compared exactly.
FIELDS = {
    "_id": (str,),
    "name": (str,),
    "description": (str,),
    "price": (int, Decimal),
    "category": (str,),
    "unit": (str,),
    "image_url": (str,),
    "available": (bool,),
    "stock": (int,),
}
LENGTHS = {"name": (1, 100), "description": (40, 140), "category": (1, 30), "unit": (1, 20)}
PATTERNS = {
    "_id": re.compile(r"[0-9a-f]{24}"),
    "image_url": re.compile(r"/pictures/[0-9a-f]+(-[0-9a-f]+)*\.webp"),
}
PUBLISHED = (
    {"name": "Milk 1L", "price": 60, "category": "Dairy", "unit": "1 L"},
    {"name": "Bread", "price": 40, "category": "Bakery", "unit": "400 g"},
    {"name": "Apple 1kg", "price": 120, "category": "Fruits", "unit": "1 kg"},
)
COUNTS = {
    "products": (110, 130),
    "categories": (11, 13),
    "distinct pictures": (75, 130),
    "products not available": (2, 3),
    "products sold out": (1, 1),
    "products of which few are left": (2, 4),
    "prices with paise": (1, 130),
}
MAX_PRICE = 10_000
MAX_STOCK = 1_000_000
FEW = 10
PLENTY = 400  # of the published products, which are ordered most


class Invalid(Exception):
    """The file is not a list of products, so that no other rule can be checked."""


def unique_keys(pairs):
    """Refuses a repeated key, which json would accept."""
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a key is given twice: {keys}")
    return dict(pairs)


def load(path):
    """Returns the text and the products in it, prices with a point as exact decimals."""
    try:
        text = path.read_bytes().decode("utf-8")
        products = json.loads(text, parse_float=Decimal, object_pairs_hook=unique_keys)
    except (OSError, ValueError) as error:
        raise Invalid(f"{PRODUCTS}: {error}") from error
    if not isinstance(products, list) or not all(isinstance(p, dict) for p in products):
        raise Invalid(f"{PRODUCTS}: not an array of objects")
    return text, products


def check_layout(text, products):
    """One object a line keeps a change of one product to one line of a diff."""
    lines = text.splitlines()
    if lines[:1] != ["["] or lines[-1:] != ["]"] or len(lines) != len(products) + 2:
        yield "not laid out as one object a line between [ and ]"
        return
    for number, line in enumerate(lines[1:-1], start=2):
        if not (line.startswith("{") and line.rstrip(",").endswith("}")):
            yield f"line {number} is not one object"


def check_shape(product):
    """The exact fields with the right types; all later checks rely on these."""
    missing, unknown = FIELDS.keys() - product.keys(), product.keys() - FIELDS.keys()
    if missing:
        yield f"lacks {', '.join(sorted(missing))}"
    if unknown:
        yield f"has unknown {', '.join(sorted(unknown))}"
    for field, types in FIELDS.items():
        if field in product and type(product[field]) not in types:
            yield f"{field} has the wrong type"


def check_values(product):
    """Lengths, patterns and the price of one well-shaped product."""
    for field, (low, high) in LENGTHS.items():
        value = product[field]
        if not low <= len(value) <= high:
            yield f"{field} has {len(value)} characters, not {low} to {high}"
        if value != value.strip() or not value.isprintable():
            yield f"{field} has blanks around it or control characters"
    for field, pattern in PATTERNS.items():
        if not pattern.fullmatch(product[field]):
            yield f"{field} {product[field]!r} is malformed"
    if not 0 <= product["stock"] <= MAX_STOCK:
        yield f"stock {product['stock']} is not 0 to {MAX_STOCK}"
    price = product["price"]
    if not 0 < price <= MAX_PRICE or price * 100 % 1:
        yield f"price {price} is not a whole number of paise above 0 and up to {MAX_PRICE} rupees"


def check_products(products):
    """Every product by itself; values are checked only if the shape is right."""
    for index, product in enumerate(products):
        faults = list(check_shape(product)) or list(check_values(product))
        label = f"product {index + 1} ({product.get('name')})"
        yield from (f"{label}: {fault}" for fault in faults)


def duplicates(values):
    """The values that occur more than once, in order."""
    seen = set()
    return [value for value in values if value in seen or seen.add(value)]


def check_list(products):
    """Uniqueness and order over the whole list."""
    for field in ("name", "description"):
        for value in duplicates([p[field].casefold() for p in products]):
            yield f"{field} {value!r} is given twice"
    for before, after in zip(products, products[1:]):
        if before["_id"] >= after["_id"]:
            yield f"_id {after['_id']} does not ascend after {before['_id']}"
    runs = [p["category"] for i, p in enumerate(products)
            if i == 0 or p["category"] != products[i - 1]["category"]]
    for category in duplicates(runs):
        yield f"category {category!r} is not in one piece"


def check_published(products):
    """Published clients rely on these three."""
    for wanted in PUBLISHED:
        if not any(wanted.items() <= product.items() and product["stock"] >= PLENTY
                   for product in products):
            yield f"published product missing, changed or scarce: {wanted}"


def counts(products):
    """The figures that COUNTS limits."""
    return {
        "products": len(products),
        "categories": len({p["category"] for p in products}),
        "distinct pictures": len({p["image_url"] for p in products}),
        "products not available": sum(not p["available"] for p in products),
        "products sold out": sum(p["stock"] == 0 for p in products),
        "products of which few are left": sum(0 < p["stock"] <= FEW for p in products),
        "prices with paise": sum(p["price"] % 1 != 0 for p in products),
    }


def check_counts(products):
    """The size and the variety of the catalogue."""
    for label, number in counts(products).items():
        low, high = COUNTS[label]
        if not low <= number <= high:
            yield f"{number} {label}, not {low} to {high}"


def check_pictures(products, folder):
    """Every named picture exists and is WebP; none is unused."""
    named = {p["image_url"].rsplit("/", 1)[-1] for p in products}
    stored = {path.name for path in folder.glob("*") if path.name != "NOTICE"}
    for name in sorted(named - stored):
        yield f"picture {name} is missing"
    for name in sorted(stored - named):
        yield f"picture {name} is not used"
    for name in sorted(named & stored):
        with open(folder / name, "rb") as file:
            head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WEBP":
            yield f"picture {name} is not a WebP file"
    if not (folder / "NOTICE").is_file():
        yield "the pictures' NOTICE is missing"


def violations(tree):
    """All violations and the products; an ill-shaped list ends the checks early."""
    try:
        text, products = load(tree / PRODUCTS)
    except Invalid as error:
        return [str(error)], []
    found = [*check_layout(text, products), *check_products(products)]
    if any(fault for product in products for fault in check_shape(product)):
        return found, products
    found += [*check_list(products), *check_published(products), *check_counts(products),
              *check_pictures(products, tree / PICTURES)]
    return found, products


def main(arguments):
    """Returns the exit status."""
    tree = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    found, products = violations(tree)
    if found:
        print("\n".join(found))
        return 1
    print("OK: " + ", ".join(f"{number} {label}" for label, number in counts(products).items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
