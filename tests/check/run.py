#!/usr/bin/python3
"""`make check`: static checks of the sources. Prints a line for each check."""

import subprocess
import sys
from pathlib import Path

import code_rules
import drift
import gateway_paths
import service_lists
import vocabulary

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "manifests"))
import manifest_checks


def command(*words):
    """A check by a program: its output if it fails."""
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return done.stdout.strip().splitlines()[:20] if done.returncode else []


def sources(*endings):
    """The project's files in git, with new ones."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT,
                            stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")
    return sorted({name for name in listed if name.endswith(endings) and (ROOT / name).exists()})


CHECKS = (
    ("format", lambda: command("clang-format-16", "--dry-run", "-Werror", *sources(".c", ".h"))),
    ("banned functions", lambda: code_rules.banned(ROOT, sources(".c", ".h"))),
    ("sizes", lambda: code_rules.sizes(ROOT, sources(".c", ".h"))),
    ("rooms of lib/", lambda: code_rules.rooms(ROOT, sources(".c", ".h"))),
    ("folders of services", lambda: code_rules.service_folders(ROOT, sources(".c", ".h"))),
    ("streams in nginx", lambda: code_rules.streams_contract(ROOT)),
    ("log events", lambda: code_rules.events(ROOT, sources(".c"))),
    ("headers alone", lambda: code_rules.headers(ROOT, [name for name in sources(".h")
                                                        if not name.startswith("tests/")])),
    ("fcgiapp.h in one file", lambda: code_rules.one_place(ROOT, sources(".c", ".h"))),
    ("lists of services", lambda: service_lists.check(ROOT, filter(None, sources("")))),
    ("vocabulary", lambda: vocabulary.check(ROOT, filter(None, sources("")))),
    ("no failpoint", lambda: code_rules.no_switch(ROOT, ("release", "asan"))),
    ("shell", lambda: command("shellcheck", "-x", "-S", "warning", "-e", "SC2034", *sources(".sh"))),
    ("catalogue", lambda: command("/usr/bin/python3", "tests/check_catalogue.py")),
    ("no paths in nginx's templates", lambda: gateway_paths.gateway_paths(ROOT)),
    ("migrations in the docs", lambda: drift.migrations(ROOT)),
    ("alerts and dashboard", lambda: drift.monitoring(ROOT)),
    ("lists of services in texts", lambda: drift.lists_in_texts(ROOT, sources(".md"), drift.SERVICES)),
    ("services in the README", lambda: drift.services_in_readme(ROOT, drift.services.ROWS)),
    ("generated files", lambda: command("/usr/bin/python3", "run/generate.py", "--check")),
    ("generated tables of docs/", lambda: command("/usr/bin/python3", "run/document_tables.py", "--check")),
    ("links in texts", lambda: drift.links(ROOT, sources(".md"))),
    *manifest_checks.CHECKS,
)


def main():
    failed = 0
    for name, check in CHECKS:
        faults = check()
        failed += bool(faults)
        print(f"{'FAILED' if faults else 'ok':6}  {name}")
        for fault in faults:
            print(f"        {fault}")
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
