"""Tables that stand twice: what the binaries print, and what the README says."""

import os
import re
import subprocess

SERVICES = ("user", "product", "cart_order", "delivery")
# Routes that every service has: the README names them once.
COMMON = "every service"


def lines_of(root, *words):
    done = subprocess.run(words, cwd=root, stdout=subprocess.PIPE, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def binary(root, name):
    return str(root / "build" / os.environ.get("BUILD", "release") / "bin" / name)


def compare(binaries, readme):
    return [f"in the binaries, not in the README: {row}" for row in sorted(binaries - readme)] + \
           [f"in the README, not in the binaries: {row}" for row in sorted(readme - binaries)]


def section(root, title):
    """The rows of the first table below a heading of the README, cells without markup."""
    text = (root / "README.md").read_text()
    found = re.search(rf"^#+ {re.escape(title)}$(.*?)(?=^#+ |\Z)", text, re.S | re.M)
    if not found:
        return []
    rows = [[cell.strip().strip("`") for cell in line.strip("|").split("|")]
            for line in found.group(1).splitlines() if line.startswith("|")]
    return rows[2:]


def binary_routes(root):
    """{(service, method, path, who)}; what all services have counts once."""
    by_service = {name: {tuple(row) for row in lines_of(root, binary(root, name), "--routes")}
                  for name in SERVICES}
    common = set.intersection(*by_service.values())
    routes = {(COMMON, *row) for row in common}
    for name, rows in by_service.items():
        routes |= {(name, *row) for row in rows - common}
    return routes


def as_text(rows):
    return {" ".join(row) for row in rows}


def routes(root):
    readme = set()
    for row in section(root, "API"):
        service, call, who = row[0], row[1], row[2]
        method, _, path = call.partition(" ")
        readme.add((service, method, path, who))
    return compare(as_text(binary_routes(root)), as_text(readme))


def settings(root):
    """Names and defaults of all settings, the binaries' and the runner's."""
    defaults = {}
    for service in (*SERVICES, "seed"):
        for name, default, *_ in lines_of(root, binary(root, service), "--config"):
            defaults.setdefault(name, {}).setdefault(default, []).append(service)
    # Where services differ, the most common default comes first, the others with their service.
    rows = {}
    for name, by_default in defaults.items():
        (first, _), *others = sorted(by_default.items(), key=lambda item: -len(item[1]))
        rows[name] = ", ".join([first, *(f"{' and '.join(who)} {value}" for value, who in others)])
    # A local run gives the services some of theirs: the runner's defaults are what a reader meets.
    rows |= {row[0]: row[1] for row in lines_of(root, "run/shop.sh", "settings")}
    said = {row[0]: row[1] for row in section(root, "Settings")}
    return compare(as_text(rows.items()), as_text(said.items()))
