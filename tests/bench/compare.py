#!/usr/bin/python3
"""`make bench-compare BASE=<commit>`: the speed of this tree beside that of a commit.

Both are built and run at the same time, each on a database of its own, and are measured in turns:
every row of a round is measured on both, and every other round in the opposite order, so that drift
affects both alike. A row's result is the ratio of the rates of each round (this tree / BASE):
the median and an interval that holds the true median with a probability of 95 % or more. A row
fails only where the whole interval is below FLOOR. The exit code is 1 where a row failed or an
answer was not as expected.

Settings: those of `make bench`; BENCH_ROUNDS is 7 at the least.
"""

import contextlib
import math
import os
import shutil
import signal
import subprocess
import sys
from statistics import median

from load import CONNECTIONS, SECONDS, check_tools, http_load
from plans import Plans
from shop import ROOT, Shop

FLOOR = 0.97
CONFIDENCE = 0.95
ROUNDS_LEAST = 7
ROUNDS = max(ROUNDS_LEAST, int(os.environ.get("BENCH_ROUNDS", ROUNDS_LEAST)))
FOLDER = ROOT / ".run" / "bench-compare"
BUILD = os.environ.get("BUILD", "release")
ROWS = ("static", "list", "product", "login", "cart_read", "cart_add", "order")


# ---- statistics ----

def rank(n):
    """The r for which the r-th smallest and the r-th largest of n values contain the median of
    their distribution with a probability of CONFIDENCE or more. The number of values below that median has a
    binomial distribution (n, 1/2), whatever the values' own is."""
    outside, r = 0.0, 0
    while r < n // 2:
        outside += 2 * math.comb(n, r) / 2 ** n
        if outside > 1 - CONFIDENCE:
            break
        r += 1
    if r == 0:
        raise ValueError(f"{n} values are too few for a confidence of {CONFIDENCE}")
    return r


def interval(values):
    """(low, median, high); see rank()."""
    r, ordered = rank(len(values)), sorted(values)
    return ordered[r - 1], median(ordered), ordered[-r]


def is_slower(values):
    """Whether a row fails."""
    return interval(values)[2] < FLOOR


# ---- the other tree ----

def git(*words):
    return subprocess.run(["git", "-C", str(ROOT), *words], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def commit_of(name):
    try:
        return git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    except subprocess.CalledProcessError:
        raise SystemExit(f"BASE={name} is no commit of this repository") from None


def check_out(commit):
    """Makes a built checkout of the commit, and returns its folder. It shares the downloads."""
    folder = FOLDER / "base"
    if not (folder / ".git").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["git", "clone", "-q", "--shared", "--no-checkout", ROOT, folder], check=True)
        (folder / ".deps").symlink_to(ROOT / ".deps")
    subprocess.run(["git", "-C", folder, "checkout", "-q", "--force", "--detach", commit], check=True)
    subprocess.run(["make", "-s", f"-j{os.cpu_count() or 1}", f"BUILD={BUILD}", "build"],
                   cwd=folder, check=True)
    return folder


# ---- the measurement ----

class Side:
    """One of the two instances, with the plans of its requests."""

    def __init__(self, name, shop):
        self.name, self.shop = name, shop
        self.plans = shop.run_dir / "plans"
        self.rates = {row: [] for row in ROWS}
        self.errors = 0
        plans = Plans(self.plans, shop.port, CONNECTIONS)
        plans.write(shop.serve_file(plans.catalogue))

    def measure(self, row):
        result = http_load(row, self.plans, self.shop.port)
        self.errors += result["errors"]
        self.rates[row].append(result["rate"])
        print(f"  {row} {self.name}: {result['rate']:,.0f}/s", file=sys.stderr)


def run_rounds(sides):
    for number in range(ROUNDS):
        print(f"round {number + 1} of {ROUNDS}", file=sys.stderr)
        for row in ROWS:
            for side in sides if number % 2 == 0 else reversed(sides):
                side.measure(row)


def ratios(base, here, row):
    return [b / a if a else 0.0 for a, b in zip(base.rates[row], here.rates[row])]


def table(base, here):
    """The lines of the result."""
    yield f"{'':<12}{'BASE/s':>12}{'this tree/s':>13}{'ratio':>8}   interval of the median"
    for row in ROWS:
        values = ratios(base, here, row)
        low, middle, high = interval(values)
        yield (f"{row:<12}{median(base.rates[row]):>12,.0f}{median(here.rates[row]):>13,.0f}"
               f"{middle:>8.3f}   {low:.3f} … {high:.3f}"
               + (f"   FAILED: all of it is below {FLOOR}" if is_slower(values) else ""))


def compare(root):
    """Prints the table; returns whether no row failed."""
    with contextlib.ExitStack() as stack:
        sides = []
        for name, tree in (("BASE", root), ("this tree", ROOT)):
            shop = stack.enter_context(Shop(tree, FOLDER / f"run-{len(sides)}"))
            sides.append(Side(name, shop))
        run_rounds(sides)
        print("\n".join(table(*sides)))
        errors = sum(side.errors for side in sides)
        print(f"unexpected answers: {errors}")
        slower = [row for row in ROWS if is_slower(ratios(*sides, row))]
        for side in sides:
            side.shop.keep_folder = errors > 0
    return not errors and not slower


def main():
    for number in (signal.SIGINT, signal.SIGTERM):  # so that both instances are ended
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    base = os.environ.get("BASE", "")
    if not base:
        raise SystemExit("usage: make bench-compare BASE=<commit>")
    check_tools("load")
    commit = commit_of(base)
    print(f"this tree ({git('describe', '--always', '--dirty')}) beside {commit[:12]}; "
          f"{ROUNDS} rounds of {SECONDS} s, {CONNECTIONS} connections", flush=True)
    return 0 if compare(check_out(commit)) else 1


if __name__ == "__main__":
    sys.exit(main())
