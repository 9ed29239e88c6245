"""No file uses a word that docs/glossary.md replaces."""

import re

LIST = "tests/check/vocabulary.txt"
# The list itself and its test; third-party texts; the app, whose names are Dart's.
LEFT_OUT = (LIST, "tests/check/test_vocabulary.py", "nginx/www/docs/", "nginx/www/pictures/", "quick_commerce_app/",
            "CHANGELOG.md")


def rows(text):
    """(pattern, term) of each row."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(re.compile(pattern), term) for pattern, term in (line.split("\t") for line in lines)]


def faults_of(name, text, words):
    """A line for each use of a word in a file."""
    return [f"{name}:{number}: {found.group()}: use {term}"
            for number, line in enumerate(text.splitlines(), 1)
            for pattern, term in words if (found := pattern.search(line))]


def check(root, names):
    words = rows((root / LIST).read_text(encoding="utf-8"))
    faults = []
    for name in names:
        if name.startswith(LEFT_OUT) or not (root / name).is_file():
            continue
        try:
            faults += faults_of(name, (root / name).read_text(encoding="utf-8"), words)
        except UnicodeDecodeError:  # a picture
            continue
    return faults
