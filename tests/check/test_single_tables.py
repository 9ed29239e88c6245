"""Tables from which others are derived: a row without its counterpart does not compile."""

import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def compiles(folder, source, **headers):
    """(whether a source of lib/ compiles with changed headers, output of the compiler)."""
    flags = subprocess.run(["make", "-s", "print-flags"], cwd=ROOT, stdout=subprocess.PIPE, text=True,
                           check=True).stdout
    for name, text in headers.items():
        (folder / f"{name}.h").write_text(text)
    copy = folder / Path(source).name
    copy.write_text((ROOT / source).read_text())
    done = subprocess.run([*shlex.split(flags), "-fsyntax-only", str(copy)], cwd=ROOT,
                          stderr=subprocess.PIPE, text=True, check=False)
    return done.returncode == 0, done.stderr


def read(path):
    return (ROOT / path).read_text()


@pytest.mark.parametrize("row, missing", [
    ("", None), ('X(ERR_TEAPOT, 404, "teapot", "Teapot")', None), ('X(ERR_TEAPOT, 418, "teapot", "Teapot")', "HTTP_418")])
def test_the_status_of_an_error_has_a_phrase(tmp_path, row, missing):
    text = read("lib/base/err.h")
    header = text.replace("#define ERRORS(X) ", f"#define ERRORS(X) {row} ", 1)
    assert not row or row in header
    done, compiler_output = compiles(tmp_path, "lib/base/err.c", err=header)
    assert done == (missing is None), compiler_output
    assert missing is None or missing in compiler_output


@pytest.mark.parametrize("row, fails", [
    ("", False), ('X(SUPPORT, "support", STAFF)', False), ('X(SUPPORT, "support", FRIEND)', True)])
def test_a_role_needs_one_row_with_a_kind(tmp_path, row, fails):
    text = read("lib/http/role.h")
    header = text.replace("#define ROLES(X) ", f"#define ROLES(X) {row} ", 1)
    assert not row or row in header
    done, compiler_output = compiles(tmp_path, "lib/http/role.c", role=header)
    assert done != fails, compiler_output
