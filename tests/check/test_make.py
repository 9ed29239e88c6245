"""Targets of the Makefile that build no program."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tree(tmp_path):
    """The Makefile in a folder with an unusual name and a few sources."""
    folder = tmp_path / 'a "tree"'
    for name in ("lib/base/err.c", "lib/base/err.h", "lib/base/http_status.h", "tests/unit/lib/base/test_err.c"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    shutil.copy(ROOT / "Makefile", folder)
    return folder


def make(folder, *words):
    subprocess.run(["make", "-s", *words], cwd=folder, stderr=subprocess.DEVNULL, check=True)


def test_compile_commands_have_each_source_with_flags_that_compile_it(tree):
    make(tree, "compile_commands.json")
    entries = {entry["file"]: entry for entry in json.loads((tree / "compile_commands.json").read_text())}
    assert entries.keys() == {"lib/base/err.c", "tests/unit/lib/base/test_err.c"}
    assert "-Itests/unit/support" in entries["tests/unit/lib/base/test_err.c"]["arguments"]
    entry = entries["lib/base/err.c"]
    assert entry["directory"] == str(tree)
    subprocess.run([*entry["arguments"], "-fsyntax-only"], cwd=tree, check=True)


def test_clean_keeps_data_and_downloads(tree):
    for name in ("build/release/bin", ".run/mongo", ".deps/mongodb"):
        (tree / name).mkdir(parents=True)
    (tree / "compile_commands.json").touch()
    make(tree, "clean")
    assert {path.name for path in tree.iterdir()} == {".run", ".deps", "Makefile", "lib", "tests"}
