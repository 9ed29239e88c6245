#!/usr/bin/python3
"""Statistics of the C sources: lengths of functions, share of static ones with a single use, and includes between
the rooms of lib/. With arguments: of those folders.

    tests/check/shape.py [FOLDER...]
"""

import collections
import re
import statistics
import sys
from pathlib import Path

import code_rules

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("lib", "fcgi", "seed", "openapi")
# clang-format puts the name and its parenthesis on one line, and the brace alone on another.
DEFINITION = re.compile(r"^(?!\s|#|\}|typedef|enum \{|struct \w+ \{)([^\n;={]*?\b(\w+)\([^;{}]*\))\n\{\n(.*?)^\}",
                        re.M | re.S)
WORD = re.compile(r"\w+")


def functions(text):
    """(name, whether it is static, lines between its braces) of each function of a source."""
    for found in DEFINITION.finditer(text):
        # Attribute macros follow the parameter list.
        name = re.search(r"\b(\w+)\s*\(", found.group(1)).group(1)
        yield name, found.group(1).startswith("static"), found.group(3).count("\n")


def uses(text, names):
    """The number of uses of each name, without declarations and definitions."""
    declared = collections.Counter(re.findall(r"^static [^;={\n]*?\b(\w+)\(", text, re.M))
    found = collections.Counter(WORD.findall(text))
    return {name: found[name] - declared[name] for name in names}


def measure(paths):
    """(lengths of functions, static functions, those with one use)."""
    lengths, static, single = [], 0, 0
    for path in paths:
        text = code_rules.text_of(path)
        own = list(functions(text))
        lengths += [lines for _, _, lines in own]
        used = uses(text, [name for name, is_static, _ in own if is_static])
        static += len(used)
        single += sum(n == 1 for n in used.values())
    return lengths, static, single


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def row(name, paths):
    lengths, static, single = measure(paths)
    if not lengths:
        return f"{name:20} no functions"
    return (f"{name:20} {len(paths):5} {len(lengths):9} {statistics.median(lengths):6.0f} "
            f"{percentile(lengths, .9):5} {max(lengths):5} {static:7} {100 * single / max(static, 1):7.0f} %")


def arrows(root):
    """{room: {room that it includes: includes}} of lib/."""
    room_of = {path.name: path.parent.name for path in root.glob("lib/*/*.h")}
    found = {room: collections.Counter() for room in code_rules.ROOMS}
    for path in root.glob("lib/*/*.[ch]"):
        for header in code_rules.INCLUDE.findall(path.read_text()):
            if room_of.get(header) != path.parent.name:
                found[path.parent.name][room_of.get(header, header)] += 1
    return found


def main():
    folders = sys.argv[1:] or FOLDERS
    groups = {folder: sorted((ROOT / folder).rglob("*.c")) for folder in folders}
    print(f"{'':20} {'files':>5} {'functions':>9} {'median':>6} {'p90':>5} {'max':>5} {'static':>7} {'used once':>9}")
    for folder, paths in groups.items():
        print(row(folder, paths))
    print(row("all", [path for paths in groups.values() for path in paths]))
    print("\nRooms of lib/, and the includes of each that lead to another:")
    for room, found in arrows(ROOT).items():
        order = sorted(found, key=lambda name: code_rules.ROOMS.index(name) if name in code_rules.ROOMS else -1)
        print(f"  {room:8} {', '.join(f'{name} {found[name]}' for name in order) or '-'}")


if __name__ == "__main__":
    main()
