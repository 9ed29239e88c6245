"""Kills and freezes processes of one running system, by sequences of events drawn from a seed."""

import collections
import heapq
import random
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from instance import POOLS, comm, descendants, kill


@dataclass(frozen=True)
class Disruption:
    """One kind of disruption: its victims, its interval, and its length if it is a freeze."""

    what: str
    apart: tuple  # seconds between two events, evenly drawn
    pools: tuple = ()
    frozen: tuple = None  # seconds, mostly short ones; None: killed


# The database is ready 2 to 3 s after a kill: shorter intervals would leave no time for orders.
DISRUPTIONS = (
    Disruption("worker", (0.8, 2.0), POOLS),
    Disruption("worker", (2.0, 5.0), POOLS, frozen=(0.2, 8.0)),
    Disruption("nginx", (5.0, 11.0)),
    Disruption("nginx", (8.0, 16.0), frozen=(0.2, 3.0)),
    Disruption("mongod", (7.5, 11.5)),
    Disruption("mongod", (12.0, 22.0), frozen=(1.0, 4.0)),
)

# A part of the victims' command lines: nginx's workers, not its master.
TITLES = {"nginx": "worker process", "mongod": "--dbpath"}


def command(pid):
    """A process's command line; empty if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


class Killer(threading.Thread):
    """The thread that disrupts; at its end, and by `thaw`, frozen processes continue."""

    def __init__(self, shop, seed, disruptions=DISRUPTIONS):
        super().__init__(name="killer", daemon=True)
        self.shop = shop
        self.disruptions = [(disruption, random.Random(f"{seed}/{number} {disruption.what}"))
                            for number, disruption in enumerate(disruptions)]
        self.over = threading.Event()
        self.counts = collections.Counter()
        self.frozen = {}  # pid: when it is thawed
        self.error = None

    def run(self):
        try:
            self._events()
        except Exception as error:  # the run reports it as a violation
            self.error = error
        finally:
            self.thaw()

    def end(self):
        """Ends the disruptions; none happens after it returns."""
        self.over.set()
        if self.is_alive():
            self.join()
        self.thaw()

    def thaw(self):
        """Continues all frozen processes."""
        while self.frozen:
            self._signal(self.frozen.popitem()[0], signal.SIGCONT)

    # ---- events ----

    def _events(self):
        now = time.monotonic()
        queue = [(now + rng.uniform(*disruption.apart), number)
                 for number, (disruption, rng) in enumerate(self.disruptions)]
        heapq.heapify(queue)
        while True:
            due = min([queue[0][0], *self.frozen.values()])
            if self.over.wait(max(0, due - time.monotonic())):
                return
            self._thaw_due()
            if queue[0][0] <= time.monotonic():
                at, number = heapq.heappop(queue)
                disruption, rng = self.disruptions[number]
                self._disrupt(disruption, rng)
                heapq.heappush(queue, (max(at, time.monotonic() - 1) + rng.uniform(*disruption.apart),
                                       number))

    def _thaw_due(self):
        now = time.monotonic()
        for pid in [pid for pid, at in self.frozen.items() if at <= now]:
            del self.frozen[pid]
            self._signal(pid, signal.SIGCONT)

    def _disrupt(self, disruption, rng):
        """One event. It always draws the same number of random numbers, so that a seed repeats a run."""
        pool = rng.choice(disruption.pools) if disruption.pools else disruption.what
        which, how_long = rng.random(), rng.random()
        victims = self._victims(disruption, pool)
        if not victims:
            return
        pid = victims[int(which * len(victims))]
        if disruption.frozen:
            least, most = disruption.frozen
            self.frozen[pid] = time.monotonic() + least + (most - least) * how_long ** 2
            self._signal(pid, signal.SIGSTOP)
            self.counts[pool, "frozen"] += 1
        else:
            self.frozen.pop(pid, None)
            self._signal(pid, signal.SIGKILL)
            self.counts[pool, "killed"] += 1

    def _victims(self, disruption, pool):
        if disruption.pools:
            return self.shop.workers(pool)
        title = TITLES[disruption.what]
        return sorted(pid for pid in descendants(self.shop.supervisor_pid())
                      if comm(pid) == disruption.what and title in command(pid))

    @staticmethod
    def _signal(pid, number):
        try:
            kill(pid, number)
        except ProcessLookupError:
            pass  # it ended meanwhile

    # ---- results ----

    def killed(self, *names):
        return sum(self.counts[name, "killed"] for name in names)

    def lines(self):
        """A line for each kind of process."""
        names = sorted({name for name, _ in self.counts})
        return [f"  {name}: {self.counts[name, 'killed']} killed, "
                f"{self.counts[name, 'frozen']} frozen" for name in names]
