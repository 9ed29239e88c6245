"""Drift between the output of the binaries and the pages, alerts and dashboard."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
import services

SERVICES = services.NAMES


def lines_of(root, *words):
    done = subprocess.run(words, cwd=root, stdout=subprocess.PIPE, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def binary(root, name):
    return str(root / "build" / os.environ.get("BUILD", "release") / "bin" / name)


def as_text(rows):
    return {" ".join(row) for row in rows}


# ---- metrics ----

MONITORING = ("docs/monitoring/alerts.yml", "docs/monitoring/dashboard.json")
# Words of PromQL that look like metric names, and metrics of Prometheus itself.
KNOWN = {"up"}


def metric_names(root):
    """All known metrics: those of the binaries, with the series of histograms, and those of nginx."""
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
    """The metrics of an expression: names that are no function, keyword, label or duration."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^]]*\]|\b(?:by|offset|on|ignoring) *(?:\([^)]*\)|\w+)', " ", expression)
    return {word for word in re.findall(r"\b[a-z][a-z_]*\b(?! *\()", bare)
            if word not in ("and", "or", "unless", "sum", "by")}


def monitoring(root):
    """Alerts and dashboard use only existing metrics, and every metric is used."""
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
    faults += [f"no alert or panel uses {name}" for name in sorted(
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
    listed = re.findall(r"^\| `(\w+_db)` \| `(\d{4}-\d\d-[\w-]+)` \|", (root / "docs/operations.md").read_text(), re.M)
    listed = as_text(listed)
    return [f"in the code, not in docs/operations.md: {row}" for row in sorted(found - listed)] + \
           [f"in docs/operations.md, not in the code: {row}" for row in sorted(listed - found)]


def services_in_readme(root, rows):
    """The README's table of services: each service with its port, in the order of services.tsv."""
    listed = re.findall(r"^\| (\w+) \| (\d+) \|", (root / "README.md").read_text(encoding="utf-8"), re.M)
    there = [(row["name"], row["port"]) for row in rows]
    return [] if listed == there else [f"README.md has the services {listed}, services.tsv {there}"]


LINK = re.compile(r"(?:\]\(|<img src=\"|<a href=\"|^\[[^]]+\]: )([^)\s\"]+)", re.M)
HEADING = re.compile(r"^#+ (.*)$", re.M)
CODE = re.compile(r"^```.*?^```$", re.S | re.M)


def anchors(text):
    """The anchors of a text's headings, as GitHub derives them."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(CODE.sub("", text))}


def links(root, names):
    """Links of pages to a file or a heading that is not there."""
    faults = []
    for name in names:
        path = root / name
        for link in LINK.findall(CODE.sub("", path.read_text(encoding="utf-8"))):
            target, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            file = path.parent / target if target else path
            if not file.exists():
                faults.append(f"{name}: there is no {link}")
            elif anchor and anchor not in anchors(file.read_text(encoding="utf-8")):
                faults.append(f"{name}: there is no heading {link}")
    return faults


def lists_in_texts(root, texts, names):
    """Texts that list the services without the newest one: on one line, or as images in a whole text."""
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
