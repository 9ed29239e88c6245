"""Lists of services that are written by hand: services.tsv is the only place for one."""

import re
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
import services

# This number of different services in one line, or in one file of a program, is a list.
LIST = 3
PROGRAMS = ("Makefile", "run/", "nginx/", "seed/", "openapi/", "lib/")
# Documents are for people (drift.lists_in_texts), and the test of this check plants lists.
LEFT_OUT = ("services.tsv", "tests/check/test_service_lists.py")
# A line that names some services for a reason ends with this comment.
SOME = "not all services"
# The lines of a generated block.
BLOCK = re.compile(r"^\W*each service\b.*?^\W*end$", re.S | re.M)

NAMES = "|".join(name.replace("_", "[_-]") for name in services.NAMES)
FORM = r"[_-](?:service|port|pool|listen)"
# In a line: the name as a word, alone or in one of the forms that are derived from it. In a file: such a form,
# or the name before a quote.
WORD = re.compile(rf"(?<![\w-])({NAMES})(?:{FORM})?(?![\w-])", re.I)
DERIVED = re.compile(rf"(?<![\w-])({NAMES})(?:{FORM}(?![\w-])|(?=[\"']))", re.I)


def found(pattern, text):
    """The services in a text."""
    return {name.lower().replace("-", "_") for name in pattern.findall(text)}


def faults_of(name, text):
    """Violations in one file."""
    text = BLOCK.sub(lambda block: "\n" * block.group().count("\n"), text)
    faults = [f"{name}:{number}: a list of services: take it from services.tsv"
              for number, line in enumerate(text.split("\n"), 1)
              if SOME not in line and len(found(WORD, line)) >= LIST]
    if not faults and name.startswith(PROGRAMS) and len(found(DERIVED, text)) >= LIST:
        faults = [f"{name}: names {', '.join(sorted(found(DERIVED, text)))}: take the list from services.tsv"]
    return faults


def check(root, names):
    """Violations in all files that must not list services."""
    faults = []
    for name in names:
        if name.endswith(".md") or name.startswith(LEFT_OUT) or not (root / name).is_file():
            continue
        try:
            faults += faults_of(name, (root / name).read_text(encoding="utf-8"))
        except UnicodeDecodeError:  # a picture
            continue
    return faults
