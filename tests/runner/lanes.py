"""Runs commands side by side, counts their tests, and prints a line for each suite and for the progress."""

import collections
import os
import re
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / ".run" / "test-logs"
PYTHON = "/usr/bin/python3"
STEP_SECONDS = 1200
END_SECONDS = 60  # for the end of a step that exceeded its time
PROGRESS_SECONDS = 20
SHOWN_LINES = 40

CMOCKA_PASSED = re.compile(r"^\[  PASSED  \] (\d+) test\(s\)\.", re.M)
CMOCKA_FAILED = re.compile(r"^\[  FAILED  \] .*?(\d+) test\(s\)", re.M)


# ---- counts: each reads (passed, failed) from an output ----

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


# ---- steps ----

@dataclass(frozen=True)
class Step:
    """A command of a suite. Steps of one suite are reported together."""

    suite: str
    words: list
    count: callable = count_closing_line
    env: dict = field(default_factory=dict)
    name: str = ""  # of the step in its suite; empty where it is the only one
    lanes: int = 1  # lanes that it uses: more if its programs use several processors

    @property
    def title(self):
        return f"{self.suite} {self.name}".rstrip()


@dataclass
class Suite:
    """The results of the steps of one suite."""

    left: int  # steps that have not ended
    began: float = 0
    passed: int = 0
    failed: int = 0
    shown: list = field(default_factory=list)  # output of the failed steps

    def add(self, step, output, code):
        passed, failed = step.count(output)
        # A program that ends without counts has failed.
        failed = failed or int(code != 0)
        self.left -= 1
        self.passed += passed
        self.failed += failed
        if failed:
            self.shown += [f"FAILED  {step.title}:"] * bool(step.name) + output.splitlines()[-SHOWN_LINES:]

    def report(self, name):
        return "\n".join([f"{'FAILED' if self.failed else 'ok':6}  {name}: {self.passed} passed"
                          + (f", {self.failed} failed" if self.failed else "")
                          + f" ({time.monotonic() - self.began:.0f} s)", *self.shown])


def pytest_step(suite, *words, name="", **env):
    """The tests of Python files and folders."""
    return Step(suite, [PYTHON, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tb=short", *words],
                count_pytest, env, name)


def output_of(step):
    """(output of a step, its exit code); the output is also written to a file."""
    log = LOGS / (step.title.replace("/", "_").replace(" ", "_") + ".log")
    process = subprocess.Popen(step.words, cwd=ROOT, env={**os.environ, **step.env}, text=True, errors="replace",
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        output, code = process.communicate(timeout=STEP_SECONDS)[0], process.returncode
    except subprocess.TimeoutExpired:
        output, code = ended(process) + "\ntoo slow: ended", 1
    log.write_text(output)
    return output, code


def ended(process):
    """Ends a process, which may end its systems first, and returns its output."""
    process.terminate()
    try:
        return process.communicate(timeout=END_SECONDS)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]


class Runner:
    """Runs steps on a number of lanes, and adds up their counts."""

    def __init__(self, seconds):
        self.expected = seconds  # {title of a step: seconds}: the longest step begins first
        self.passed = self.failed = 0
        self.took = {}
        self._lock = threading.Condition()  # notified when lanes get free
        self._ended = threading.Event()
        LOGS.mkdir(parents=True, exist_ok=True)

    def run(self, steps, n_lanes=1):
        """Runs all steps, `n_lanes` at a time. Returns whether none failed."""
        failed_before = self.failed
        self._queue = collections.deque(sorted(steps, key=lambda step: -self.expected.get(step.title, 0)))
        self._suites = {name: Suite(n) for name, n in
                        collections.Counter(step.suite for step in steps).items()}
        self._running, self._began, self._done, self._total = {}, time.monotonic(), 0, len(steps)
        self._free, self._lanes = n_lanes, n_lanes
        self._ended.clear()
        progress = threading.Thread(target=self._say_progress)
        progress.start()
        try:
            with ThreadPoolExecutor(n_lanes) as threads:
                for lane in [threads.submit(self._lane) for _ in range(n_lanes)]:
                    lane.result()
        finally:
            self._ended.set()
            progress.join()
        return self.failed == failed_before

    def _lane(self):
        while (step := self._next()) is not None:
            began = time.monotonic()
            output, code = output_of(step)
            self.took[step.title] = time.monotonic() - began
            self._add(step, output, code)

    def _lanes_of(self, step):
        return min(step.lanes, self._lanes)

    def _next(self):
        """The first step of the queue, when there are lanes for it: none overtakes it."""
        with self._lock:
            self._lock.wait_for(lambda: not self._queue or self._lanes_of(self._queue[0]) <= self._free)
            if not self._queue:
                return None
            step = self._queue.popleft()
            self._free -= self._lanes_of(step)
            self._lock.notify_all()
            self._running[step.title] = time.monotonic()
            suite = self._suites[step.suite]
            suite.began = suite.began or time.monotonic()
            return step

    def _add(self, step, output, code):
        with self._lock:
            suite = self._suites[step.suite]
            suite.add(step, output, code)
            del self._running[step.title]
            self._free += self._lanes_of(step)
            self._lock.notify_all()
            self._done += 1
            if suite.left == 0:
                self.passed += suite.passed
                self.failed += suite.failed
                print(suite.report(step.suite), flush=True)

    def _say_progress(self):
        while not self._ended.wait(PROGRESS_SECONDS):
            with self._lock:
                now = time.monotonic()
                running = ", ".join(f"{title} ({now - began:.0f} s)" for title, began in self._running.items())
                print(f"…       {now - self._began:.0f} s, {self._done} of {self._total} steps done; "
                      f"running: {running}", flush=True)
