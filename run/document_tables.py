#!/usr/bin/python3
"""`make generate`: writes the tables of docs/api.md and docs/settings.md, from the programs' output and nginx's templates.

A table is between `<!-- table NAME -->` and `<!-- end -->`. Texts that no program prints are rows of
docs/meanings.tsv: of settings, of classes of calls, and of calls that are not in the API's description. With --check
it writes nothing, names the files that differ, and fails if there are any. It needs the built programs.
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
    """The reason why a table can't be made."""


class Meanings:
    """The rows of docs/meanings.tsv, and the names of those that no table has used."""
    def __init__(self, text):
        lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
        self.rows = {key: meaning for key, meaning in lines}
        self.unused = set(self.rows)

    def of(self, key, others=None):
        """A row's text, or that of `others` if there is no row."""
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
    """(service, method, path, who, class) of each call. Calls that every service has are at the end, once."""
    rows, common = [], []
    for service in SERVICES:
        for method, path, who, cost, flags in program(service, "--routes"):
            if "common" not in flags.split(","):
                rows.append((service, method, path, who, cost))
            elif service == SERVICES[0]:
                common.append(("every service", method, path, who, cost))
    return rows + common


def description():
    return json.loads((BUILT / "openapi.json").read_text(encoding="utf-8"))


def described(api):
    """{"GET /path": its row} of the calls in the API's description."""
    return {f"{method.upper()} {path}": row
            for path, rows in api["paths"].items() for method, row in rows.items() if isinstance(row, dict)}


def text_of(row):
    return ". ".join(filter(None, (row["summary"], ACCESS.sub("", row.get("description", "")).rstrip("."))))


def shape(schema):
    """A schema in a cell: the name of an object, in brackets for a list of objects."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    return f"[{shape(schema['items'])}]" if schema["type"] == "array" else schema["type"]


def takes(row):
    """The body, the query and the headers of a call."""
    of_query = [f"`?{each['name']}`" for each in row.get("parameters", ()) if each.get("in") == "query"]
    headers = [f"`{each['$ref'].rpartition('/')[2]}`" for each in row.get("parameters", ()) if "$ref" in each]
    body = [f"`{shape(media['schema'])}`" for media in row.get("requestBody", {}).get("content", {}).values()]
    return ", ".join(body + of_query + headers)


def answers(row):
    """The body of a success; an event stream is a text."""
    media = row.get("responses", {}).get("200", {}).get("content", {})
    return ", ".join("events" if name == "text/event-stream" else f"`{shape(each['schema'])}`"
                     for name, each in media.items())


def routes(meanings):
    rows = described(description())
    texts = {call: text_of(row) for call, row in rows.items()}
    return table(("Service", "Call", "Who", "Takes", "Answer", "What it does"), [
        (service, f"`{method} {path}`", who, takes(rows.get(f"{method} {path}", {})),
         answers(rows.get(f"{method} {path}", {})), meanings.of(f"{method} {path}", texts))
        for service, method, path, who, _ in calls()])


def member(name, schema, required):
    kind = f": {shape(schema)}" if "$ref" in schema or schema["type"] == "array" else ""
    return f"`{name}{'' if name in required else '?'}{kind}`"


def objects(_):
    """Members of the objects, and the words of an enum; `?` marks what may be absent."""
    return table(("Name", "Members"), [
        (f"`{name}`", ", ".join(f"`{word}`" for word in schema["enum"]) if "enum" in schema else ", ".join(
            member(each, of, schema["required"]) for each, of in schema["properties"].items()))
        for name, schema in sorted(description()["components"]["schemas"].items())])


def errors(_):
    """Each code once. Errors that only pass between a store and its caller have the code of ERR_INTERNAL."""
    text = (ROOT / "lib/base/err.h").read_text(encoding="utf-8")
    found = ERROR.findall(text)
    if len(found) != text.count("\tX(ERR_"):
        raise Wrong("lib/base/err.h has rows of another form")
    return table(("Status", "`code`", "`detail`"), [(status, f"`{code}`", text) for status, code, text in sorted(set(found))])


def limits(meanings):
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "nginx/snippets").glob("*.in")))
    rates = dict(re.findall(r"^limit_req_zone \S+ zone=(\w+):\S+ rate=(\S+);$", text, re.M))
    bursts = dict(re.findall(r"^ *limit_req zone=(\w+) burst=(\d+) nodelay;$", text, re.M))
    if set(rates) != set(bursts):
        raise Wrong(f"a zone of nginx without a rate or a burst: {set(rates) ^ set(bursts)}")
    members = {}
    for _, method, path, _, cost in calls():
        members.setdefault(cost, []).append(f"`{method} {path}`")
    if set(members) - set(rates):
        raise Wrong(f"a class of calls without a zone of nginx: {set(members) - set(rates)}")
    return table(("Class", "Calls", "Rate", "Burst"), [
        (f"`{name}`", meanings.of(f"class {name}") if f"class {name}" in meanings.rows
         else ", ".join(members.get(name, [])), rates[name], bursts[name]) for name in rates])


def containers():
    """({setting: default} of Compose, the names that Kubernetes takes from its ConfigMap or a Secret)."""
    found = {}
    for name, default in re.findall(r"\$\{([A-Z][A-Z0-9_]*):-([^}]*)\}",
                                    (ROOT / "docker-compose.yml").read_text(encoding="utf-8")):
        found[name] = found.get(name) or default
    manifests = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "k8s").rglob("*.yaml")))
    return found, set(re.findall(r"(?:\bkey: |/run/secrets/shop/)([A-Z][A-Z0-9_]*)\b", manifests))


def settings(meanings):
    """A setting's default is that of a local run. If a local run has none, it is the services' default, the most common
    one first, or else that of Compose."""
    rows_of_runner = printed("run/shop.sh", "settings")
    local = {name: default for name, default, _ in rows_of_runner}
    texts = {name: text for name, _, text in rows_of_runner if name.removesuffix("_PORT").lower() in SERVICES}
    compose, kubernetes = containers()
    readers, given = {}, {}
    for name in (*SERVICES, "seed"):
        for setting, default, text in program(name, "--config"):
            texts.setdefault(setting, text)
            readers.setdefault(setting, []).append(name)
            given.setdefault(setting, {}).setdefault(default, []).append(name)
    rows = []
    for setting in dict.fromkeys((*local, *readers, *sorted(compose))):
        (first, _), *others = sorted(given.get(setting, {compose.get(setting, ""): []}).items(),
                                     key=lambda item: -len(item[1]))
        default = local.get(setting, ", ".join([first, *(f"{' and '.join(who)} {value}" for value, who in others)]))
        where = readers.get(setting, [])
        where = ["every service", *where[len(SERVICES):]] if where[:len(SERVICES)] == SERVICES else where
        rows.append((f"`{setting}`", f"`{default}`" if default else "", meanings.of(setting, texts),
                     ", ".join([RUNNER] * (setting in local) + where),
                     ", ".join(["Compose"] * (setting in compose) + ["Kubernetes"] * (setting in kubernetes))))
    return table(("Name", "Default", "Meaning", "Read by", "In containers"), rows)


TABLES = {"routes": routes, "objects": objects, "errors": errors, "limits": limits, "settings": settings}


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
