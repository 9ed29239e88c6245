"""Tables that stand twice: what the binaries print, and what the README says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
import services

SERVICES = services.NAMES
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
    by_service = {name: {tuple(row[:3]) for row in lines_of(root, binary(root, name), "--routes")}
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


def limits(root):
    """The classes of calls with their rates and bursts: in the gateway's templates, and in the README;
    and which calls are of them."""
    text = "".join(path.read_text() for path in sorted((root / "nginx/snippets").glob("*.in")))
    rates = dict(re.findall(r"^limit_req_zone \S+ zone=(\w+):\S+ rate=(\S+);$", text, re.M))
    bursts = set(re.findall(r"^ *limit_req zone=(\w+) burst=(\d+) nodelay;$", text, re.M))
    calls = {}
    for service in SERVICES:
        for method, path, _, name, _ in lines_of(root, binary(root, service), "--routes"):
            if name != "api":
                calls.setdefault(name, set()).add(f"{method} {path}")
    found = {(name, rates.get(name, "no rate"), burst) for name, burst in bursts}
    said = {(name, rate, burst): set(re.findall(r"[A-Z]+ /[^`]*", text))
            for name, text, rate, burst in section(root, "Limits of calls")}
    return compare(as_text(found), as_text(said)) + [
        f"{name}: the README has {said[row]}, the binaries {calls[name]}"
        for row in said for name in (row[0],) if said[row] != calls.get(name, set())]


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


# ---- what is watched ----

MONITORING = ("docs/monitoring/alerts.yml", "docs/monitoring/dashboard.json")
# Words of PromQL that a name could be taken for, and what Prometheus itself counts.
KNOWN = {"up"}


def metric_names(root):
    """All that can be asked for: the binaries' metrics, with a histogram's series, and nginx's."""
    names = set(KNOWN)
    for service in SERVICES:
        for name, kind, _ in lines_of(root, binary(root, service), "--metrics"):
            names |= ({f"{name}_{part}" for part in ("bucket", "sum", "count")}
                      if kind == "histogram" else {name})
    for path in root.glob("nginx/**/*.conf.in"):
        names |= set(re.findall(r"^# TYPE (\S+) ", path.read_text(), re.M))
    return names


def expressions(root, path):
    """The PromQL of a file."""
    text = (root / path).read_text()
    if path.endswith(".json"):
        return [target["expr"] for panel in json.loads(text)["panels"]
                for target in panel["targets"]]
    block = r"^( +)expr: (?:\|\n((?:\1  .*\n)+)|(.*)\n)"
    return [found[1] or found[2] for found in re.findall(block, text, re.M)]


def asked_for(expression):
    """The metrics that an expression names: what is no function, keyword, label or duration."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^]]*\]|\b(?:by|offset|on|ignoring) *(?:\([^)]*\)|\w+)', " ", expression)
    return {word for word in re.findall(r"\b[a-z][a-z_]*\b(?! *\()", bare)
            if word not in ("and", "or", "unless", "sum", "by")}


def monitoring(root):
    """Alerts and dashboard ask for nothing that isn't there, and leave nothing out."""
    names, asked = metric_names(root), set()
    faults = []
    for path in MONITORING:
        found = expressions(root, path)
        if not found:
            faults.append(f"{path}: no expression")
        for expression in found:
            asked |= asked_for(expression)
            faults += [f"{path}: there is no {name}" for name in asked_for(expression) - names]
    watched = {re.sub("_(bucket|sum|count)$", "", name) for name in asked}
    faults += [f"nobody looks at {name}" for name in sorted(
        {re.sub("_(bucket|sum|count)$", "", name) for name in names} - watched - KNOWN)]
    guide = (root / "docs/operations.md").read_text()
    alerts = re.findall(r"- alert: (\w+)", (root / MONITORING[0]).read_text())
    return faults + [f"docs/operations.md doesn't say what {alert} means" for alert in alerts
                     if f"`{alert}`" not in guide]


def migrations(root):
    """The rows of each service's table, and the ones that docs/operations.md lists, with the database."""
    found = set()
    for name, database in services.column("database").items():
        table = root / "fcgi" / name / "migrations.c"
        if not table.exists():  # a new service
            continue
        rows = table.read_text()
        rows = rows[rows.index("static const struct migration rows[]"):]
        found |= {f"{database} {row}" for row in re.findall(r'^\s*\{"([\w-]+)",', rows, re.M)}
    said = re.findall(r"^\| `(\w+_db)` \| `(\d{4}-\d\d-[\w-]+)` \|", (root / "docs/operations.md").read_text(), re.M)
    return [line.replace("the binaries", "the code").replace("the README", "docs/operations.md")
            for line in compare(found, as_text(said))]


def lists_in_texts(root, texts, names):
    """Texts that list the services and leave out the newest: on one line, or as images over a whole text."""
    *first, last = [name.replace("_", "[-_]") for name in names]
    line = re.compile(r"\b" + r"\b.*?\b".join(first) + rf"\b(?!.*\b{last}\b)")
    *images, newest = [f"{name.replace('_', '-')}-service" for name in names]
    faults = []
    for path in texts:
        text = (root / path).read_text(encoding="utf-8")
        found = [f"{path}:{number}: lists services without {names[-1]}"
                 for number, each in enumerate(text.splitlines(), 1) if line.search(each)]
        if not found and newest not in text and all(image in text for image in images):
            found = [f"{path}: names all images but {newest}"]
        faults += found
    return faults
