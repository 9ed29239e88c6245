#!/usr/bin/python3
"""`make generate`: writes the tables of docs/api.md and docs/settings.md, from what the programs and nginx's templates say.

A table stands between `<!-- table NAME -->` and `<!-- end -->`. Texts that no program prints are rows of
docs/meanings.tsv: of settings, of classes of calls, and of calls that the API's description leaves out. With --check
it writes nothing, names the files that differ, and fails where there are any. It needs the built programs.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import service_table

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("docs/api.md", "docs/settings.md")
MEANINGS = "docs/meanings.tsv"
BUILT = ROOT / "build" / os.environ.get("BUILD", "release")
SERVICES = [row["name"] for row in service_table.ROWS]
BLOCK = re.compile(r"(<!-- table (\w+) -->\n).*?(^<!-- end -->$)", re.S | re.M)
ERROR = re.compile(r'^\tX\(ERR_\w+, +(\d+), "(\w+)", +"([^"]+)"\)', re.M)
# A description begins with who may call, which has a column of its own.
ACCESS = re.compile(r"^For [^.]*\.(?: With AUTH_REQUIRED=off also without a token\.)? ?")
RUNNER = "local run"


class Wrong(Exception):
    """What keeps a table from being made."""


class Meanings:
    """docs/meanings.tsv, and which of its rows no table has used."""
    def __init__(self, text):
        lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
        self.rows = {key: meaning for key, meaning in lines}
        self.unused = set(self.rows)

    def of(self, key, others=None):
        """A row's text; without a row, the one that `others` has."""
        if key not in self.rows and key in (others or {}):
            return others[key]
        if key not in self.rows:
            raise Wrong(f"{MEANINGS} has no row for {key}")
        self.unused.discard(key)
        return self.rows[key]


def printed(*words):
    """The lines of a program's output, as cells."""
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def program(name, option):
    return printed(BUILT / "bin" / name, option)


def table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def calls():
    """(service, method, path, who, class) of each call; those of every service once, at the end."""
    rows, common = [], []
    for service in SERVICES:
        for method, path, who, cost, flags in program(service, "--routes"):
            if "common" not in flags.split(","):
                rows.append((service, method, path, who, cost))
            elif service == SERVICES[0]:
                common.append(("every service", method, path, who, cost))
    return rows + common


def described():
    """{"GET /path": text} of what the API's description has."""
    paths = json.loads((BUILT / "openapi.json").read_text(encoding="utf-8"))["paths"]
    return {f"{method.upper()} {path}": ". ".join(filter(None, (
        row["summary"], ACCESS.sub("", row.get("description", "")).rstrip("."))))
        for path, rows in paths.items() for method, row in rows.items() if isinstance(row, dict)}


def routes(meanings):
    texts = described()
    return table(("Service", "Call", "Who", "What it does"), [
        (service, f"`{method} {path}`", who, meanings.of(f"{method} {path}", texts))
        for service, method, path, who, _ in calls()])


def errors(_):
    """Each code once; those between a store and its caller have the code of ERR_INTERNAL."""
    found = sorted(set(ERROR.findall((ROOT / "lib/base/err.h").read_text(encoding="utf-8"))))
    return table(("Status", "`code`", "`detail`"), [(status, f"`{code}`", text) for status, code, text in found])


def limits(meanings):
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "nginx/snippets").glob("*.in")))
    rates = dict(re.findall(r"^limit_req_zone \S+ zone=(\w+):\S+ rate=(\S+);$", text, re.M))
    bursts = dict(re.findall(r"^ *limit_req zone=(\w+) burst=(\d+) nodelay;$", text, re.M))
    if set(rates) != set(bursts):
        raise Wrong(f"a zone of nginx without a rate or a burst: {set(rates) ^ set(bursts)}")
    members = {}
    for _, method, path, _, cost in calls():
        members.setdefault(cost, []).append(f"`{method} {path}`")
    return table(("Class", "Calls", "Rate", "Burst"), [
        (f"`{name}`", meanings.of(f"class {name}") if f"class {name}" in meanings.rows
         else ", ".join(members.get(name, [])), rates[name], bursts[name]) for name in rates])


def settings(meanings):
    """A setting's default is that of a local run, where it has one; else the services', the most common one first."""
    rows_of_runner = printed("run/shop.sh", "settings")
    local = {name: default for name, default, _ in rows_of_runner}
    ports = {name: text for name, _, text in rows_of_runner if name.removesuffix("_PORT").lower() in SERVICES}
    readers, given = {}, {}
    for name in (*SERVICES, "seed"):
        for setting, default, *_ in program(name, "--config"):
            readers.setdefault(setting, []).append(name)
            given.setdefault(setting, {}).setdefault(default, []).append(name)
    rows = []
    for setting in [*local, *(name for name in readers if name not in local)]:
        (first, _), *others = sorted(given.get(setting, {"": []}).items(), key=lambda item: -len(item[1]))
        default = local.get(setting, ", ".join([first, *(f"{' and '.join(who)} {value}" for value, who in others)]))
        where = readers.get(setting, [])
        where = ["every service", *where[len(SERVICES):]] if where[:len(SERVICES)] == SERVICES else where
        rows.append((f"`{setting}`", f"`{default}`" if default else "", meanings.of(setting, ports),
                     ", ".join([RUNNER] * (setting in local) + where)))
    return table(("Name", "Default", "Meaning", "Read by"), rows)


TABLES = {"routes": routes, "errors": errors, "limits": limits, "settings": settings}


def renewed():
    """{path: text} of the pages with their tables."""
    meanings, made = Meanings((ROOT / MEANINGS).read_text(encoding="utf-8")), set()

    def block(found):
        made.add(found[2])
        return found[1] + "\n" + TABLES[found[2]](meanings) + "\n" + found[3]
    texts = {ROOT / page: BLOCK.sub(block, (ROOT / page).read_text(encoding="utf-8")) for page in PAGES}
    if made != set(TABLES):
        raise Wrong(f"no page has the tables {sorted(set(TABLES) - made)}")
    if meanings.unused:
        raise Wrong(f"{MEANINGS}: nothing has the names {', '.join(sorted(meanings.unused))}")
    return texts


def main():
    check, failed = sys.argv[1:] == ["--check"], False
    for path, text in renewed().items():
        if text == path.read_text(encoding="utf-8"):
            continue
        failed = check
        print(f"{path.relative_to(ROOT)}{' differs from what the programs print: run `make generate`' if check else ''}")
        if not check:
            path.write_text(text, encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Wrong as problem:
        sys.exit(f"generate: {problem}")
