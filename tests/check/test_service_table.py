"""The readers of services.tsv: the shell's and Python's."""

import subprocess
from pathlib import Path

import pytest

import service_lists  # noqa: F401 (finds tests/services.py)
import services

ROOT = Path(__file__).resolve().parents[2]
SHORT = "# name\ttitle\nuser\tuser\nproduct\n"


def shell(script, **more):
    """The output of a script that has sourced the reader."""
    return subprocess.run(["bash", "-euc", f". run/services.sh; {script}"], cwd=ROOT, text=True,
                          capture_output=True, check=False, **more)


def test_both_readers_return_the_same_rows():
    printed = shell('for name in "${SERVICES[@]}"; do printf "%s\\t%s\\t%s\\n" "$name" '
                    '"${SERVICE[$name.title]}" "${SERVICE[$name.port]}"; done').stdout
    assert printed.splitlines() == ["\t".join((row["name"], row["title"], row["port"])) for row in services.ROWS]


def test_a_row_without_a_cell_is_refused_by_both(tmp_path):
    table = tmp_path / "services.tsv"
    table.write_text(SHORT)
    with pytest.raises(ValueError):
        services.read(SHORT)
    refused = shell(f"services_read {table}")
    assert refused.returncode != 0 and "without a cell for each column: product" in refused.stderr


def test_a_block_of_a_template_is_repeated_for_each_service():
    done = shell("services_expand", input="a\n    # each service\n    @name@: ${@NAME@_POOL} @title@;\n    # end\nb\n")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "a", *(f"    {row['name']}: ${{{row['name'].upper()}_POOL}} {row['title']};" for row in services.ROWS), "b"]


def test_a_block_without_an_end_is_refused():
    assert shell("services_expand", input="# each service\n@name@\n").returncode != 0
