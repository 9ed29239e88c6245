#!/usr/bin/python3
"""`make test`: every test once; `make test-all` (`run.py all`): all that is about compiled code plain and
with the sanitizers, and clients that are generated from the API's description. A line a step, the counts at
the end.

A step that fails shows the end of what it printed; all of it is in .run/test-logs.
"""

import collections
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
def database(name):
    """A mongod for the tests of the stores, with a folder of that name; yields its address."""
    given = os.environ.get("MONGODB_URI")
    if given:
        yield given
        return
    folder = ROOT / ".run" / f"test-mongo-{name}"
    data_folder(folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open(LOGS / f"mongod-{name}.log", "w") as log:
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
    results.steps(f"{build} units", [(f"{build} {path.name}", [path])
                                     for path in programs], count_cmocka,
                  {"MONGODB_URI": uri, "MONGOD": str(MONGOD)})


def fuzz_targets(results):
    """Made-up inputs for the parsers, for half a minute each."""
    results.pytest("fuzz runner", "tests/fuzz")
    if results.step("setup fuzz", ["run/setup.sh", "fuzz"], count_nothing):
        results.step("fuzz", [PYTHON, "tests/fuzz/run.py"], count_closing_line, {"SECONDS": "30"})


def spec_tests(results, build):
    """Calls made up from the API's description, and every check that schemathesis has."""
    for name, program in (("calls", "run.py"), ("every check", "every_check.py")):
        results.step(f"{build} spec {name}", [PYTHON, f"tests/spec/{program}"], count_closing_line,
                     {"BUILD": build})


def description(results):
    """The API's description by itself, and against the logs of all tests before."""
    for name in ("document", "logs"):
        results.pytest(f"spec {name}", f"tests/spec/test_{name}.py", BUILD="release",
                       PYTHONPATH=str(ROOT / ".deps" / "spec-checks"))


def client_tests(results):
    """Clients that generators make of the description."""
    if results.step("setup clients", ["run/setup.sh", "clients"], count_nothing):
        results.pytest("clients", "tests/clients", BUILD="release",
                       PYTHONPATH=str(ROOT / ".deps" / "client-checks"))


def browser_tests(results):
    """The storefront in a headless Chromium; brings along what that takes."""
    results.step("browser", [PYTHON, "tests/browser/run.py"], count_closing_line,
                 {"BUILD": "release"})


def chaos(results, build):
    """A short run of it all."""
    results.step(f"{build} chaos", [PYTHON, "tests/chaos/run.py"], count_closing_line,
                 {"BUILD": build, "SECONDS": CHAOS_SECONDS})


def api_tests(results, build):
    results.pytest(f"{build} api", "tests/api", BUILD=build)


def rules(results):
    """What needs neither a shop nor a database."""
    results.step("check", [PYTHON, "tests/check/run.py"], count_closing_line)
    # Without a compiler for Dart: the Flutter app, held against the services' tables.
    results.pytest("app", "tests/app")
    results.pytest("manifest rules", "tests/manifests")
    results.pytest("source rules", "tests/check")
    results.pytest("bench comparison", "tests/bench")
    results.pytest("chaos checker", "tests/chaos")


def of(step, *build):
    """A step of a plan: a function and the build that it is about."""
    return lambda results: step(results, *build)


def store_tests(results, build):
    with database(build) as uri:
        unit_tests(results, build, uri)


# Most of the API's tests is waiting: there is room beside it for another lane of steps. What is under
# `shared` is taken by the lane that is free first. `alone` comes last: it reads the logs of the steps
# before, or freezes processes and waits for the others.
ONCE = {
    "lanes": [[of(api_tests, "release")],
              [of(store_tests, "asan"), of(browser_tests), of(rules)]],
    "shared": [of(spec_tests, "release")],
    "alone": [of(description), of(chaos, "asan")],
}
ALL = {
    "lanes": [[of(store_tests, "asan"), of(api_tests, "asan")],
              [of(api_tests, "release"), of(browser_tests)]],
    "shared": [of(store_tests, "release"), of(rules), of(client_tests), of(spec_tests, "release"),
               of(spec_tests, "asan"), of(fuzz_targets)],
    "alone": [of(description), of(chaos, "asan")],
}


def run_lane(results, steps, shared):
    """A lane's own steps, then what is left of the shared ones."""
    for step in steps:
        step(results)
    while True:
        try:
            step = shared.popleft()
        except IndexError:
            return
        step(results)


def carry_out(results, plan):
    shared = collections.deque(plan["shared"])
    with concurrent.futures.ThreadPoolExecutor(len(plan["lanes"])) as threads:
        for lane in [threads.submit(run_lane, results, steps, shared) for steps in plan["lanes"]]:
            lane.result()
    for step in plan["alone"]:
        step(results)


def main():
    # The driver's counters: a program that is killed would leave its file in /dev/shm.
    os.environ["MONGOC_DISABLE_SHM"] = "1"
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    results = Results()
    jobs = f"-j{os.cpu_count() or 1}"
    built = all([results.step(f"build {build}", ["make", "-s", jobs, f"BUILD={build}", "build",
                                                 "all-tests", "bench-tools"], count_nothing)
                 for build in BUILDS])
    if built:
        results.step("setup spec", ["run/setup.sh", "spec"], count_nothing)
        carry_out(results, ALL if "all" in sys.argv[1:] else ONCE)
    print(f"{results.passed} passed, {results.failed} failed")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
