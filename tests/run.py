#!/usr/bin/python3
"""`make test`: every fast test, plain and with the sanitizers; a line a step, the counts at the end.

A step that fails shows the end of what it printed; all of it is in .run/test-logs.
"""

import concurrent.futures
import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "api"))
from instance import data_folder, remove_data

LOGS = ROOT / ".run" / "test-logs"
MONGOD = ROOT / ".deps" / "mongodb" / "bin" / "mongod"
BUILDS = ("release", "asan")
PYTHON = "/usr/bin/python3"
STEP_SECONDS = 1200
SHOWN_LINES = 40
CHAOS_SECONDS = "45"

CMOCKA_PASSED = re.compile(r"^\[  PASSED  \] (\d+) test\(s\)\.", re.M)
CMOCKA_FAILED = re.compile(r"^\[  FAILED  \] .*?(\d+) test\(s\)", re.M)


class Results:
    """What ran, and how it ended."""

    def __init__(self):
        self.passed = self.failed = 0
        self.lock = threading.Lock()  # steps end on several threads
        LOGS.mkdir(parents=True, exist_ok=True)

    def step(self, name, words, count, env=None):
        """Runs a command; `count` reads (passed, failed) from its output."""
        return self.steps(name, [(name, words)], count, env)

    def steps(self, name, commands, count, env=None):
        """Runs (name, words) one after the other, as one line; says what those printed that fail."""
        began = time.monotonic()
        passed, failed, shown = 0, 0, []
        for one, words in commands:
            output, code = self.output(one, words, env)
            good, bad = count(output)
            # A program that dies without counting has failed all the same.
            bad = bad or int(code != 0)
            passed, failed = passed + good, failed + bad
            if bad:
                shown += [f"FAILED  {one}:"] * (one != name) + output.splitlines()[-SHOWN_LINES:]
        seconds = time.monotonic() - began
        text = (f"{'FAILED' if failed else 'ok':6}  {name}: {passed} passed"
                + (f", {failed} failed" if failed else "") + f" ({seconds:.0f} s)")
        with self.lock:
            self.passed += passed
            self.failed += failed
            print("\n".join([text, *shown]), flush=True)
        return not failed

    @staticmethod
    def output(name, words, env):
        """(what it printed, exit code); all of it goes to a file, too."""
        log = LOGS / (name.replace("/", "_").replace(" ", "_") + ".log")
        try:
            done = subprocess.run(words, cwd=ROOT, env={**os.environ, **(env or {})}, text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, errors="replace",
                                  timeout=STEP_SECONDS, check=False)
            output, code = done.stdout, done.returncode
        except subprocess.TimeoutExpired as expired:
            output = (expired.stdout or b"").decode(errors="replace") + "\ntoo slow: ended"
            code = 1
        log.write_text(output)
        return output, code

    def pytest(self, name, *files, **env):
        """The tests of Python files and folders."""
        return self.step(name, [PYTHON, "-m", "pytest", "-p", "no:cacheprovider", "-q",
                                "--tb=short", *files], count_pytest, env)


def count_cmocka(output):
    return (sum(map(int, CMOCKA_PASSED.findall(output))),
            sum(map(int, CMOCKA_FAILED.findall(output))))


def count_pytest(output):
    found = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|error)", output[-400:])}
    return found.get("passed", 0), found.get("failed", 0) + found.get("error", 0)


def count_closing_line(output):
    found = re.findall(r"^(\d+) passed, (\d+) failed$", output, re.M)
    return tuple(map(int, found[-1])) if found else (0, 0)


def count_nothing(_):
    return 0, 0


@contextlib.contextmanager
def database():
    """A mongod for the tests of the stores; yields its address."""
    given = os.environ.get("MONGODB_URI")
    if given:
        yield given
        return
    folder = ROOT / ".run" / "test-mongo"
    data_folder(folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open(LOGS / "mongod.log", "w") as log:
        server = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", MONGOD, "--dbpath", folder, "--port", str(port),
             "--bind_ip", "127.0.0.1", "--replSet", "rs0", "--wiredTigerCacheSizeGB", "0.25",
             "--nounixsocket", "--setParameter",
             "transactionLifetimeLimitSeconds=3"],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    uri = f"mongodb://127.0.0.1:{port}/?replicaSet=rs0"
    try:
        subprocess.run([ROOT / "build/release/bin/seed", "--init-replica-set"],
                       env={**os.environ, "MONGODB_URI": uri}, check=True)
        yield uri
    finally:
        server.terminate()
        server.wait()
        remove_data(folder)


def unit_tests(results, build, uri):
    folder = ROOT / "build" / build / "tests"
    programs = sorted(path for path in folder.rglob("test_*")
                      if path.is_file() and not path.suffix and os.access(path, os.X_OK)
                      and (ROOT / "tests" / path.relative_to(folder)).with_suffix(".c").exists())
    results.steps(f"{build} units", [(f"{build} {path.relative_to(folder)}", [path])
                                     for path in programs], count_cmocka,
                  {"MONGODB_URI": uri, "MONGOD": str(MONGOD)})


def spec_tests(results):
    """The API's description: by itself, against calls made up from it, and against all logs."""
    if not results.step("setup spec", ["run/setup.sh", "spec"], count_nothing):
        return
    env = {"BUILD": "release", "PYTHONPATH": str(ROOT / ".deps" / "spec-checks")}
    for name in ("document", "logs"):
        results.pytest(f"spec {name}", f"tests/spec/test_{name}.py", **env)
    results.step("spec calls", [PYTHON, "tests/spec/run.py"], count_closing_line, env)


def browser_tests(results):
    """The storefront in a headless Chromium; brings along what that takes."""
    results.step("browser", [PYTHON, "tests/browser/run.py"], count_closing_line,
                 {"BUILD": "release"})


def chaos(results):
    """The checker's own tests, and a short run of it all, with the sanitizers."""
    results.pytest("chaos checker", "tests/chaos")
    results.step("asan chaos", [PYTHON, "tests/chaos/run.py"], count_closing_line,
                 {"BUILD": "asan", "SECONDS": CHAOS_SECONDS})


def api_tests(results, build):
    results.pytest(f"{build} api", "tests/api", BUILD=build)


def quick_steps_and_sanitizers(results):
    """What needs no running shop, then the API with the sanitizers."""
    results.step("check", [PYTHON, "tests/check/run.py"], count_closing_line)
    # Without a compiler for Dart: the Flutter app, held against the services' tables.
    results.pytest("app", "tests/app")
    results.pytest("manifest rules", "tests/manifests")
    results.pytest("bench comparison", "tests/bench")
    with database() as uri:
        for build in BUILDS:
            unit_tests(results, build, uri)
    api_tests(results, "asan")


def release_and_browser(results):
    """The API as it is released, then the storefront on it."""
    api_tests(results, "release")
    browser_tests(results)


def side_by_side(results, *lanes):
    """Most of the API's tests is waiting: there is room beside it for another lane of steps. The lanes
    take about equally long."""
    with concurrent.futures.ThreadPoolExecutor(len(lanes)) as threads:
        for lane in [threads.submit(lane, results) for lane in lanes]:
            lane.result()


def main():
    # The driver's counters: a program that is killed would leave its file in /dev/shm.
    os.environ["MONGOC_DISABLE_SHM"] = "1"
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    results = Results()
    jobs = f"-j{os.cpu_count() or 1}"
    if all([results.step(f"build {build}", ["make", "-s", jobs, f"BUILD={build}", "build",
                                            "all-tests", "bench-tools"], count_nothing)
            for build in BUILDS]):
        side_by_side(results, quick_steps_and_sanitizers, release_and_browser)
        spec_tests(results)
        chaos(results)
    print(f"{results.passed} passed, {results.failed} failed")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
