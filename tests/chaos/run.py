#!/usr/bin/python3
"""`make chaos`: simulated shoppers and couriers work while the system's processes are killed and frozen
at random; then a checker compares their answers with the databases.

Settings: SECONDS of disruption (60), SEED (a random one, printed), SHOPPERS (16), COURIERS (2), BUILD
(release). The seed determines the steps of each shopper and the disruptions; which call meets which
disruption depends on the machine.
"""

import os
import secrets
import signal
import statistics
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "api"))

from checker import RULES, Violation, check  # noqa: E402
from instance import POOLS  # noqa: E402
from killer import DISRUPTIONS, Killer  # noqa: E402
from shopper import Courier, Resolver, Shopper  # noqa: E402
from system import SCARCE, System, running  # noqa: E402
from history import History  # noqa: E402

RESOLVERS = 4
JOIN_SECONDS = 150  # longer than any call is repeated
# All kinds of violations: of the rules, and of the run itself.
KINDS = (*RULES, "answer", "no answer", "not healthy", "crash", "log", "chaos")
SECONDS_A_KILL, SECONDS_A_DATABASE_KILL, SECONDS_AN_ORDER = 3, 15, 1  # minimum rates of a valid run


@dataclass(frozen=True)
class Plan:
    """The settings of a run."""

    seconds: float
    seed: str
    build: str = "release"
    failpoint: str = ""
    shoppers: int = 16
    couriers: int = 2
    disruptions: tuple = DISRUPTIONS
    scarce: tuple = SCARCE

    @property
    def command(self):
        build = "" if self.build == "release" else f" BUILD={self.build}"
        return f"make chaos SECONDS={self.seconds:g} SEED={self.seed}{build}"


class Run:
    """One run on a system that is up."""

    def __init__(self, shop, plan):
        self.plan = plan
        self.history = History()
        self.system = System(shop, plan.seed)
        self.killer = Killer(shop, plan.seed, plan.disruptions)
        self.violations = []

    def go(self):
        """Runs everything; `violations` has the results."""
        self.system.stock(self.history, self.plan.scarce)
        try:
            self._chaos()
        finally:
            self.killer.end()
        self._wait_until_healthy()
        self._resolve()
        self._wait_until_healthy()
        stored = self.system.databases.stored()
        self.violations += check(self.history, stored)
        self._add("crash", self.system.crashes(self.killer))
        self._add("log", self.system.log_faults())
        self._add("chaos", self._too_little())

    def _add(self, kind, texts):
        self.violations += [Violation(kind, text) for text in texts]

    def _chaos(self):
        """Users act until the disruptions end, and then finish their current steps."""
        over = threading.Event()
        people = [Shopper(f"shopper-{n}", self.system, self.history, over)
                  for n in range(self.plan.shoppers)]
        people += [Courier(f"courier-{n}", self.system, self.history, over)
                   for n in range(self.plan.couriers)]
        for person in people:
            person.start()
        self.killer.start()
        time.sleep(self.plan.seconds)
        self.killer.end()
        over.set()
        self._join(people)

    def _resolve(self):
        """Repeats the calls of unknown outcome."""
        calls = self.history.unresolved()
        self.history.counts["calls resolved at the end"] = len(calls)
        people = [Resolver(f"resolver-{n}", self.system, self.history, calls)
                  for n in range(RESOLVERS)]
        for person in people:
            person.start()
        self._join(people)

    def _join(self, people):
        deadline = time.monotonic() + JOIN_SECONDS
        for person in people:
            person.join(max(0, deadline - time.monotonic()))
            if person.is_alive():
                self._add("no answer", [f"{person.name} hangs"])

    def _wait_until_healthy(self):
        wrong = self.system.wait_until_healthy()
        self._add("not healthy", [wrong] if wrong else [])

    def _too_little(self):
        """Violations for a run with too few disruptions or orders to prove anything."""
        seconds, killer = self.plan.seconds, self.killer
        if killer.error:
            yield f"the killer ended: {killer.error!r}"
        if self.plan.disruptions is not DISRUPTIONS:
            return
        for what, n, least in (
                ("kills of workers", killer.killed(*POOLS), seconds / SECONDS_A_KILL),
                ("kills of mongod", killer.killed("mongod"), seconds // SECONDS_A_DATABASE_KILL),
                ("orders", len(self.history.orders()), seconds / SECONDS_AN_ORDER)):
            if n < least:
                yield f"{n} {what} in {seconds:g} s: {least:g} at least are expected"

    # ---- what is printed ----

    def lines(self):
        history, creates = self.history, self.history.of_kind("create")
        cancelled = {call.order for call in history.of_kind("cancel") if call.acknowledged}
        yield (f"{len(history.users)} accounts, {len(history.orders())} orders acknowledged, "
               f"{len(cancelled)} cancelled, {len(creates)} calls of order/create")
        yield from (f"  {what}: {n}" for what, n in sorted(history.counts.items()))
        yield f"killed and frozen in {self.plan.seconds:g} s:"
        yield from self.killer.lines()
        yield latency("acknowledged", [call for call in creates if call.acknowledged])
        yield latency("answered", [call for call in creates if call.status])
        yield from map(str, self.violations)
        yield f"{len(self.violations)} violations"


def latency(where, calls):
    """A line with the latencies of order/create."""
    times = [call.ended - call.started for call in calls]
    if len(times) < 2:
        return f"order/create, {where}: {len(times)} calls"
    cuts = statistics.quantiles(times, n=100)
    return f"order/create, {where}: p50 {cuts[49]:.3f} s, p99 {cuts[98]:.3f} s"


def chaos(plan):
    """Runs a plan on its own system; returns the Run with its violations."""
    settings = {"FAILPOINT": plan.failpoint} if plan.failpoint else {}
    with running("chaos", plan.build, **settings) as shop:
        run = Run(shop, plan)
        run.go()
    return run


def catch_signals():
    """A signal ends the program through its normal exit, which stops the system; further signals are ignored."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def end(caught, _):
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        sys.exit(128 + caught)

    for number in numbers:
        signal.signal(number, end)


def setting(name, default):
    """An environment variable; an empty one counts as not set. Child processes do not inherit it."""
    return os.environ.pop(name, "") or default


def main():
    catch_signals()
    plan = Plan(seconds=float(setting("SECONDS", 60)), build=os.environ.get("BUILD") or "release",
                seed=setting("SEED", f"{secrets.randbits(32)}"),
                shoppers=int(setting("SHOPPERS", 16)), couriers=int(setting("COURIERS", 2)))
    print(f"seed {plan.seed}, again with: {plan.command}", flush=True)
    run = chaos(plan)
    print("\n".join(run.lines()))
    failed = len({violation.kind for violation in run.violations})
    if failed:
        print(f"logs: {run.system.shop.run_dir / 'log'}; again with: {plan.command}")
    print(f"{len(KINDS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
