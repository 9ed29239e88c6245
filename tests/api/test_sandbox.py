"""Workers run in a sandbox from before their first thread."""

import contextlib
import json
from pathlib import Path

import pytest

from instance import POOLS


def threads(pid):
    """The kernel's status of each thread of a process."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/status"):
        with contextlib.suppress(OSError):  # that thread has ended
            lines = path.read_text().splitlines()
            found.append({name: value.strip() for name, _, value in
                          (line.partition(":") for line in lines)})
    return found


@pytest.mark.parametrize("pool", POOLS)
def test_every_thread_of_every_worker_is_in_the_sandbox(shop, pool):
    for pid in shop.all_workers(pool):
        found = threads(pid)
        assert len(found) > 8, found  # threads for requests, the driver and the jobs
        outside = [thread for thread in found
                   if (thread["Seccomp"], thread["NoNewPrivs"]) != ("2", "1")]
        assert not outside


@pytest.mark.parametrize("pool", POOLS)
def test_a_worker_logs_its_sandbox_once(shop, pool):
    by_text = [json.loads(line)["msg"] for line in shop.log_lines(pool) if "sandbox." in line]
    assert len(by_text) >= 2, by_text
    assert all(text == "sandbox.entered" for text in by_text), by_text
