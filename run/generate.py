#!/usr/bin/python3
"""`make generate`: updates the parts of the files for containers, Kubernetes and Prometheus that follow from services.tsv.

A block of a file in BLOCKS is a template in comments, its result, and an end:

    # each service: - name: @NAME@_PORT
    # each service:   value: @port@
    - name: USER_PORT
      value: 8001
    ...
    # end

k8s/pool.yaml.in is the template of a whole file for each service. Placeholders are the columns of services.tsv,
@NAME@ (CART_ORDER), @dashed@ (cart-order), @image@ (cart-order-service) and @number@ (that of its manifest). A line
with @setting@ or @secret@ is repeated for each of the service's; @default@ is the setting's value in
k8s/10-config.yaml.

With --check it writes nothing, names the files that differ, and fails if there are any.
"""

import re
import sys
from pathlib import Path

import service_table

ROOT = Path(__file__).resolve().parents[1]
TABLE = "services.tsv"
BLOCKS = ("Dockerfile", "docker-compose.yml", "containers/mongo/set-up.js", "docs/monitoring/prometheus.yml",
          "k8s/*.yaml", "k8s/production/*.yaml")
POOL_TEMPLATE = "k8s/pool.yaml.in"
POOL_FILES = "k8s/3?-*.yaml"
POOL_FIRST = 30
CONFIG = "k8s/10-config.yaml"
TEMPLATE_LINE = re.compile(r"^([ \t]*)(?:#|//) each service:(?: (.*))?\n", re.M)
TEMPLATE = r"(?:^[ \t]*(?:#|//) each service:[^\n]*\n)+"
BLOCK = re.compile(rf"({TEMPLATE})(.*?)(^[ \t]*(?:#|//) end$)", re.M | re.S)
PLACEHOLDER = re.compile(r"@([A-Za-z_]+)@")
SETTING = re.compile(r"[A-Z][A-Z0-9_]*")
NONE = "-"
LISTS = {"setting": "settings", "secret": "secrets"}  # placeholder: its column


class Malformed(Exception):
    """A template or a block that can't be filled in. The text names the place."""


def defaults(root):
    """{setting: value} of the ConfigMap."""
    rows = re.findall(r'^  ([A-Z_]+): "?([^"\n]*)"?$', (root / CONFIG).read_text(encoding="utf-8"), re.M)
    return dict(rows)


def names_of(cell):
    """The settings that a cell lists."""
    names = () if cell == NONE else tuple(cell.split(","))
    for name in names:
        if not SETTING.fullmatch(name):
            raise Malformed(f"{TABLE}: {name!r} is not a setting's name")
    return names


def services(root):
    """The rows of services.tsv with the values that follow from a name; lists are tuples."""
    try:
        rows = service_table.read((root / TABLE).read_text(encoding="utf-8"))
    except ValueError as error:
        raise Malformed(f"{TABLE}: a row without a cell for each column: {error}") from error
    for number, row in enumerate(rows, POOL_FIRST):
        dashed = row["name"].replace("_", "-")
        row |= {"NAME": row["name"].upper(), "dashed": dashed, "image": f"{dashed}-service",
                "number": str(number)}
        row |= {column: names_of(row[column]) for column in LISTS.values()}
    return rows


def fill(line, values):
    """A line with its placeholders replaced."""
    def value(match):
        if match[1] not in values:
            raise Malformed(f"no column {match[0]}: {line.strip()}")
        return values[match[1]]
    return PLACEHOLDER.sub(value, line)


def expand(template, service, config):
    """The lines of a template for one service."""
    for line in template:
        repeated = [(name, column) for name, column in LISTS.items() if f"@{name}@" in line]
        if not repeated:
            yield fill(line, service)
        for name, column in repeated:
            for each in service[column]:
                yield fill(line, {**service, name: each, "default": config.get(each, "")})


def with_blocks(text, rows, config):
    """A file's text with the results of its templates renewed."""
    def renewed(block):
        template = [indent + line if line else "" for indent, line in TEMPLATE_LINE.findall(block[1])]
        result = [line for service in rows for line in expand(template, service, config)]
        return block[1] + "".join(f"{line}\n" for line in result) + block[3]
    if len(re.findall(TEMPLATE, text, re.M)) != len(BLOCK.findall(text)):
        raise Malformed("a block without `end`")
    return BLOCK.sub(renewed, text)


def whole(template, service, config):
    """A file that is a template filled in for one service."""
    return "".join(f"{line}\n" for line in expand(template.splitlines(), service, config))


def from_file(root, name, make):
    """What make(text) returns for a file; an error names the file."""
    try:
        return make((root / name).read_text(encoding="utf-8"))
    except Malformed as error:
        raise Malformed(f"{name}: {error}") from error


def generated(root):
    """{path: text} of all files that depend on services.tsv. The text is None for a manifest whose service has no row."""
    rows, config = services(root), defaults(root)
    pools = {root / "k8s" / f"{row['number']}-{row['dashed']}.yaml": row for row in rows}
    files = {path: None for path in root.glob(POOL_FILES)}
    files |= {path: from_file(root, POOL_TEMPLATE, lambda text, row=row: whole(text, row, config))
              for path, row in pools.items()}
    names = [path.relative_to(root) for pattern in BLOCKS for path in root.glob(pattern) if path not in files]
    return files | {root / name: from_file(root, name, lambda text: with_blocks(text, rows, config))
                    for name in names}


def changes(root):
    """{path: text} of the files whose content would change."""
    return {path: text for path, text in generated(root).items()
            if text != (path.read_text(encoding="utf-8") if path.exists() else None)}


def write(path, text):
    if text is None:
        path.unlink()
    else:
        path.write_text(text, encoding="utf-8")


def main():
    changed = changes(ROOT)
    check = sys.argv[1:] == ["--check"]
    for path, text in sorted(changed.items()):
        name = path.relative_to(ROOT)
        if check:
            print(f"{name} differs from what services.tsv says: run `make generate`")
        else:
            print(name)
            write(path, text)
    return 1 if check and changed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Malformed as problem:
        sys.exit(f"generate: {problem}")
