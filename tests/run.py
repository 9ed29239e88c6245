#!/usr/bin/python3
"""`make test`: every test once, compiled code with the sanitizers. `make test-all` (`run.py all`): all tests
of compiled code in both builds, and clients that are generated from the API's
description. tests/README.md lists the suites.

It prints a line for each suite, the progress every 20 s, and the counts at the end. A failed step is printed
with the end of its output; .run/test-logs has all of it.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "api"), str(ROOT / "tests" / "runner")]
from instance import data_folder, remove_data
from parts import read_seconds, write_seconds
from lanes import LOGS, PYTHON, Runner, Step, count_cmocka, count_nothing, pytest_step

MONGOD = ROOT / ".deps" / "mongodb" / "bin" / "mongod"
BUILDS = ("release", "asan")
CHAOS_SECONDS = "45"
# Steps at a time, and parts of the API tests, by plan. More would slow down programs with sanitizers too much: database
# calls time out after a second. CI runs the plan `all`, on slower machines.
LANES = {"once": 4, "all": 3}
BEGAN = time.time()
SMOKE_PARTS = 2
ALONE = ("test_db_outage",)  # answers of a frozen server within its bounds


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


# ---- the steps of the suites ----

def unit_tests(build, uri):
    """A step for each program: each has its own database on a common server."""
    folder = ROOT / "build" / build / "tests"
    programs = sorted(path for path in folder.rglob("test_*")
                      if path.is_file() and not path.suffix and os.access(path, os.X_OK)
                      and (ROOT / "tests" / path.relative_to(folder)).with_suffix(".c").exists())
    return [Step(f"{build} units", [path], count_cmocka, {"MONGODB_URI": uri, "MONGOD": str(MONGOD)}, path.name)
            for path in programs]


def api_parts(suite, build, n, *words):
    """Tests of the API in `n` parts, each with its own systems (tests/api/conftest.py)."""
    parts = [f"{number}/{n}" for number in range(1, n + 1)]
    return [pytest_step(suite, "tests/api", *words, name=part, BUILD=build, PART=part) for part in parts]


def api_tests(build, plan):
    return api_parts(f"{build} api", build, LANES[plan])


def smoke_tests(build):
    """The shortest journey, and the tests that are the same for each build."""
    return api_parts(f"{build} smoke", build, SMOKE_PARTS, "-m", "smoke or once")


def spec_tests(build):
    """Generated calls from the API's description, and every check of schemathesis."""
    return [Step(f"{build} spec {name}", [PYTHON, f"tests/spec/{program}"], env={"BUILD": build})
            for name, program in (("calls", "run.py"), ("every check", "every_check.py"))]


def description():
    """The API's description by itself, and against the logs of the earlier tests."""
    return [pytest_step(f"spec {name}", f"tests/spec/test_{name}.py", BUILD="release", SINCE=str(BEGAN),
                        PYTHONPATH=str(ROOT / ".deps" / "spec-checks")) for name in ("document", "logs")]


def client_tests():
    """Clients that are generated from the description."""
    return [pytest_step("clients", "tests/clients", BUILD="release",
                        PYTHONPATH=str(ROOT / ".deps" / "client-checks"))]


def fuzz_targets():
    """Generated inputs for the parsers, for half a minute each."""
    return [pytest_step("fuzz runner", "tests/fuzz"),
            Step("fuzz", [PYTHON, "tests/fuzz/run.py"], env={"SECONDS": "30"})]


def browser_tests():
    """The storefront in a headless Chromium; installs what it needs."""
    return [Step("browser", [PYTHON, "tests/browser/run.py"], env={"BUILD": "release"}, lanes=2)]


def chaos(build):
    """A short chaos run."""
    return [Step(f"{build} chaos", [PYTHON, "tests/chaos/run.py"],
                 env={"BUILD": build, "SECONDS": CHAOS_SECONDS})]


def rules():
    """Tests without a shop or a database. The Flutter app is compared with the services' tables without a
    Dart compiler."""
    folders = {"app": "app", "manifest rules": "manifests", "source rules": "check", "bench comparison": "bench",
               "chaos checker": "chaos", "runner": "runner"}
    return [Step("check", [PYTHON, "tests/check/run.py"]),
            *(pytest_step(suite, f"tests/{folder}") for suite, folder in folders.items())]


# ---- the plans: stages of (lanes, steps), one after the other ----

def stages(plan, steps, last):
    """The last stages read the logs of the steps before, and freeze processes and measure times."""
    alone = [step for step in steps if step.name in ALONE]
    lanes = LANES[plan]
    return [(lanes, [step for step in steps if step not in alone]), (lanes, description()), (1, [*alone, *last])]


def once(uri):
    return stages("once", [*api_tests("asan", "once"), *unit_tests("asan", uri), *browser_tests(),
                           *smoke_tests("release"), *spec_tests("release"), *rules()], chaos("release"))


def everything(uri):
    both = [step for build in BUILDS
            for steps in (api_tests(build, "all"), unit_tests(build, uri), spec_tests(build)) for step in steps]
    return stages("all", [*both, *browser_tests(), *client_tests(), *fuzz_targets(), *rules()],
                  [*chaos("asan"), *chaos("release")])


PLANS = {"once": (once, ("spec",)), "all": (everything, ("spec", "clients", "fuzz"))}  # with the packages that they import


def builds():
    jobs = f"-j{os.cpu_count() or 1}"
    targets = ("build", "all-tests", "bench-tools")
    return [Step(f"build {build}", ["make", "-s", jobs, f"BUILD={build}", *targets], count_nothing)
            for build in BUILDS]


def run_plan(name):
    plan, imports = PLANS[name]
    runner = Runner(read_seconds())
    if runner.run(builds()):
        runner.run([Step(f"setup {what}", ["run/setup.sh", what], count_nothing) for what in imports])
        with database("units") as uri:
            for lanes, steps in plan(uri):
                runner.run(steps, lanes)
    write_seconds(LOGS / "seconds.tsv", runner.took)
    print(f"{runner.passed} passed, {runner.failed} failed")
    return 1 if runner.failed else 0


def main():
    # The driver's counters: a killed program would leave its file in /dev/shm.
    os.environ["MONGOC_DISABLE_SHM"] = "1"
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    return run_plan("all" if "all" in sys.argv[1:] else "once")


if __name__ == "__main__":
    sys.exit(main())
