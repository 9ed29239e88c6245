#!/usr/bin/python3
"""`make chaos-proof`: the checker is seen to find what it looks for. In a build made for this
(lib/base/failpoint.h) one safeguard after the other is left out, and a short chaos must end with
violations of the kinds that come of that; with all safeguards in place it must end with none.

Settings: SECONDS of each run (20), SEED.
"""

import collections
import secrets
import sys

from run import Plan, catch_signals, chaos, setting

from instance import POOLS
from killer import Stream

# A transaction matters where its process dies half-way.
AT_ORDERS = (Stream("worker", (0.4, 0.8), ("cart_order",)),
             Stream("worker", (3.0, 5.0), tuple(set(POOLS) - {"cart_order"})))

# Stocks that several shoppers have in their carts when the last unit goes.
SOON_GONE = (3, 5, 8, 12, 16, 20)

# The safeguard that is left out, what is different about the run, and what the checker finds then.
CASES = (
    ("", {}, set()),
    ("transaction", {"streams": AT_ORDERS},
     {"acknowledged order", "stored key", "delivery record", "stock sum", "cart line"}),
    ("idempotency", {}, {"key"}),
    ("stock", {"scarce": SOON_GONE}, {"oversold"}),
)


def prove(plan, fitting):
    """Whether a run ended as it must; prints what was found."""
    run = chaos(plan)
    found = collections.Counter(violation.kind for violation in run.violations)
    good = bool(found.keys() & fitting) if fitting else not found
    print(f"{'ok' if good else 'FAILED':6}  {f'without {plan.failpoint}' if plan.failpoint else 'nothing left out'}: "
          f"{len(run.history.orders())} orders, {sum(found.values())} violations", flush=True)
    for kind, n in found.most_common():
        example = next(violation for violation in run.violations if violation.kind == kind)
        print(f"        {kind}: {n}, such as: {example.text[:300]}", flush=True)
    return good


def main():
    catch_signals()
    seconds, seed = float(setting("SECONDS", 20)), setting("SEED", f"{secrets.randbits(32)}")
    print(f"seed {seed}, again with: make chaos-proof SECONDS={seconds:g} SEED={seed}", flush=True)
    results = [prove(Plan(seconds, seed, "failpoint", failpoint, **special), fitting)
               for failpoint, special, fitting in CASES]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
