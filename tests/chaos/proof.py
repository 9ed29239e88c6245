#!/usr/bin/python3
"""`make chaos-proof`: proves that the checker finds violations. A build with failpoints
(lib/base/failpoint.h) disables one safeguard after the other, and a short chaos run must end with
violations of the kinds that this causes; with all safeguards it must end with none.

Settings: SECONDS of each run (20), SEED.
"""

import collections
import secrets
import sys

from run import Plan, catch_signals, chaos, setting

from instance import POOLS
from killer import Disruption

# A transaction matters when its process is killed in the middle.
AT_ORDERS = (Disruption("worker", (0.4, 0.8), ("cart_order",)),
             Disruption("worker", (3.0, 5.0), tuple(set(POOLS) - {"cart_order"})))

# Stocks of which several shoppers have units in their carts when the last one is sold.
SMALL_STOCKS = (3, 5, 8, 12, 16, 20)

# The disabled safeguard, the different settings of the run, and the kinds of violations that are expected.
CASES = (
    ("", {}, set()),
    ("transaction", {"streams": AT_ORDERS},
     {"acknowledged order", "stored key", "delivery record", "stock sum", "cart line"}),
    ("idempotency", {}, {"key"}),
    ("stock", {"scarce": SMALL_STOCKS}, {"oversold"}),
)


def prove(plan, expected_kinds):
    """Whether a run ended as expected; prints its violations."""
    run = chaos(plan)
    found = collections.Counter(violation.kind for violation in run.violations)
    good = bool(found.keys() & expected_kinds) if expected_kinds else not found
    print(f"{'ok' if good else 'FAILED':6}  {f'without {plan.failpoint}' if plan.failpoint else 'all safeguards'}: "
          f"{len(run.history.orders())} orders, {sum(found.values())} violations", flush=True)
    for kind, n in found.most_common():
        example = next(violation for violation in run.violations if violation.kind == kind)
        print(f"        {kind}: {n}, such as: {example.text[:300]}", flush=True)
    return good


def main():
    catch_signals()
    seconds, seed = float(setting("SECONDS", 20)), setting("SEED", f"{secrets.randbits(32)}")
    print(f"seed {seed}, again with: make chaos-proof SECONDS={seconds:g} SEED={seed}", flush=True)
    results = [prove(Plan(seconds, seed, "failpoint", failpoint, **special), expected_kinds)
               for failpoint, special, expected_kinds in CASES]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
