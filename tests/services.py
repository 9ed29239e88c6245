"""The services that services.tsv lists, for all tests: ROWS (dicts by column) and NAMES, in the table's order."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "run"))
from service_table import ROWS, read  # noqa: E402, F401

NAMES = tuple(row["name"] for row in ROWS)
# The prefixes of their variables, such as CART_ORDER_PORT and CART_ORDER_POOL.
PORTS = tuple(f"{name.upper()}_PORT" for name in NAMES)
POOLS = tuple(f"{name.upper()}_POOL" for name in NAMES)


def column(name):
    """{service: its cell} of a column."""
    return {row["name"]: row[name] for row in ROWS}
