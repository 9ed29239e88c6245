#!/usr/bin/python3
"""`make one T=NAME`: runs the tests of one name, in the build that BUILD names.

    test_json                   a C program, a file of pytest, or both
    test_limits_depth            a test function of a C program
    test_a_new_cart_is_empty    a test function of pytest, with [case] for one case of it
    two tabs                    else the browser's scenes whose names match
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import run

ROOT = run.ROOT
BUILD = os.environ.get("BUILD") or "release"
# Folders whose tests import what setup.sh installs for them.
MODULES = {"clients": "client-checks", "spec": "spec-checks"}


def make(*words, build=BUILD):
    """Builds; ends the program if that fails."""
    if subprocess.run(["make", "--no-print-directory", "-s", f"-j{os.cpu_count() or 1}", f"BUILD={build}", *words],
                      cwd=ROOT, check=False).returncode:
        sys.exit(1)


def command(words, **env):
    print(f"$ {shlex.join(str(word) for word in words)}", flush=True)
    return subprocess.run(words, cwd=ROOT, env={**os.environ, **env}, check=False).returncode


# ---- C ----

def c_programs(name):
    """(program, its test function or "") of a name."""
    function = re.compile(rf"\b(cmocka_unit_test\w*|TEST)\w*\(\s*{re.escape(name)}\b")
    found = []
    for source in sorted(ROOT.glob("tests/unit/**/test_*.c")):
        program = f"build/{BUILD}/{source.relative_to(ROOT).with_suffix('')}"
        if source.stem == name:
            found.append((program, ""))
        elif function.search(source.read_text()):
            found.append((program, name))
    return found


def run_c(programs):
    """Runs the programs with a database."""
    make("build", build="release")
    make(*(program for program, _ in programs))
    run.LOGS.mkdir(parents=True, exist_ok=True)
    with run.database("unit") as uri:
        return [command([program], MONGODB_URI=uri, MONGOD=str(run.MONGOD),
                        **({"ONE_TEST": function} if function else {}))
                for program, function in programs]


# ---- Python ----

def python_tests(name):
    """The node ids of pytest for a name."""
    function = re.compile(rf"^def {re.escape(name.partition('[')[0])}\(", re.M)
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if "node_modules" in path.parts:
            continue
        file = path.relative_to(ROOT).as_posix()
        if path.stem == name:
            found.append(file)
        elif function.search(path.read_text()):
            found.append(f"{file}::{name}")
    return found


def run_python(tests):
    folders = {test.split("/")[1] for test in tests}
    for folder in sorted(folders & MODULES.keys()):
        subprocess.run([ROOT / "run" / "setup.sh", folder], check=True)
    make("build")
    modules = [str(ROOT / ".deps" / MODULES[folder]) for folder in sorted(folders & MODULES.keys())]
    return [command([run.PYTHON, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tb=short", *tests],
                    BUILD=BUILD, PYTHONPATH=os.pathsep.join(modules))]


# ---- browser ----

def has_scene(pattern):
    names = re.compile(r"""^\s*scene\((['"`])(.*?)\1""", re.M)
    wanted = re.compile(pattern)
    return any(wanted.search(match[1]) for path in ROOT.glob("tests/browser/*.test.mjs")
               for match in names.findall(path.read_text()))


def run_browser(pattern):
    make("build")
    return [command([run.PYTHON, "tests/browser/run.py", pattern], BUILD=BUILD)]


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    os.environ.update(MONGOC_DISABLE_SHM="1", PYTHONDONTWRITEBYTECODE="1")
    programs, tests = c_programs(name), python_tests(name)
    if name and (programs or tests):
        codes = (run_c(programs) if programs else []) + (run_python(tests) if tests else [])
    elif name and has_scene(name):
        codes = run_browser(name)
    else:
        print(f"no test has the name T={name}\n{__doc__}", file=sys.stderr)
        return 2
    return max(map(abs, codes))


if __name__ == "__main__":
    sys.exit(main())
