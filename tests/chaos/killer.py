"""Kills and freezes processes of one running system, by streams of events drawn from a seed."""

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
class Stream:
    """One kind of harm: to whom, how far apart, and for how long where it is a freeze."""

    what: str
    apart: tuple  # seconds between two events, evenly drawn
    pools: tuple = ()
    frozen: tuple = None  # seconds, mostly short ones; None: killed


# The database is back 2 to 3 s after a kill: what comes sooner would leave no time for orders.
STREAMS = (
    Stream("worker", (0.8, 2.0), POOLS),
    Stream("worker", (2.0, 5.0), POOLS, frozen=(0.2, 8.0)),
    Stream("nginx", (5.0, 11.0)),
    Stream("nginx", (8.0, 16.0), frozen=(0.2, 3.0)),
    Stream("mongod", (7.5, 11.5)),
    Stream("mongod", (12.0, 22.0), frozen=(1.0, 4.0)),
)

# What the victims' command lines hold: nginx's master is spared, its workers are not.
TITLES = {"nginx": "worker process", "mongod": "--dbpath"}


def command(pid):
    """A process's command line; empty where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


class Killer(threading.Thread):
    """One thread; all that it froze is thawed when it ends, and by `thaw` in any case."""

    def __init__(self, shop, seed, streams=STREAMS):
        super().__init__(name="killer", daemon=True)
        self.shop = shop
        self.streams = [(stream, random.Random(f"{seed}/{number} {stream.what}"))
                        for number, stream in enumerate(streams)]
        self.over = threading.Event()
        self.counts = collections.Counter()
        self.frozen = {}  # pid: when it is thawed
        self.error = None

    def run(self):
        try:
            self._events()
        except Exception as error:  # reported by the caller, who asks whether all went as meant
            self.error = error
        finally:
            self.thaw()

    def end(self):
        """No more harm is done when this returns."""
        self.over.set()
        if self.is_alive():
            self.join()
        self.thaw()

    def thaw(self):
        """Lets all go on that is frozen."""
        while self.frozen:
            self._signal(self.frozen.popitem()[0], signal.SIGCONT)

    # ---- events ----

    def _events(self):
        now = time.monotonic()
        queue = [(now + rng.uniform(*stream.apart), number)
                 for number, (stream, rng) in enumerate(self.streams)]
        heapq.heapify(queue)
        while True:
            due = min([queue[0][0], *self.frozen.values()])
            if self.over.wait(max(0, due - time.monotonic())):
                return
            self._thaw_due()
            if queue[0][0] <= time.monotonic():
                at, number = heapq.heappop(queue)
                stream, rng = self.streams[number]
                self._harm(stream, rng)
                heapq.heappush(queue, (max(at, time.monotonic() - 1) + rng.uniform(*stream.apart),
                                       number))

    def _thaw_due(self):
        now = time.monotonic()
        for pid in [pid for pid, at in self.frozen.items() if at <= now]:
            del self.frozen[pid]
            self._signal(pid, signal.SIGCONT)

    def _harm(self, stream, rng):
        """One event. As many numbers are drawn whoever is there, so that a seed means the same."""
        pool = rng.choice(stream.pools) if stream.pools else stream.what
        which, how_long = rng.random(), rng.random()
        victims = self._victims(stream, pool)
        if not victims:
            return
        pid = victims[int(which * len(victims))]
        if stream.frozen:
            least, most = stream.frozen
            self.frozen[pid] = time.monotonic() + least + (most - least) * how_long ** 2
            self._signal(pid, signal.SIGSTOP)
            self.counts[pool, "frozen"] += 1
        else:
            self.frozen.pop(pid, None)
            self._signal(pid, signal.SIGKILL)
            self.counts[pool, "killed"] += 1

    def _victims(self, stream, pool):
        if stream.pools:
            return self.shop.workers(pool)
        title = TITLES[stream.what]
        return sorted(pid for pid in descendants(self.shop.supervisor_pid())
                      if comm(pid) == stream.what and title in command(pid))

    @staticmethod
    def _signal(pid, number):
        try:
            kill(pid, number)
        except ProcessLookupError:
            pass  # it ended meanwhile

    # ---- what was done ----

    def killed(self, *names):
        return sum(self.counts[name, "killed"] for name in names)

    def lines(self):
        """A line for each kind of process."""
        names = sorted({name for name, _ in self.counts})
        return [f"  {name}: {self.counts[name, 'killed']} killed, "
                f"{self.counts[name, 'frozen']} frozen" for name in names]
