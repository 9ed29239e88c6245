"""Subscribers of orders: many open event streams, each of another order.

As a program it keeps them open for `Streams`: streams.py PORT, with the token and the order ids as
lines on standard input. It writes a line when each stream has received a state, and ends with its
input.
"""

import asyncio
import json
import resource
import subprocess
import sys
from pathlib import Path

from plans import ADMIN, Api

PAGE = 100
AT_ONCE = 64  # streams that are opened at a time
WAIT_SECONDS = 60  # seconds until all are open


def active_orders(port, wanted):
    """A token of staff, and the ids of the newest active orders."""
    api = Api(port)
    token = json.loads(api.call("POST", "/login", ADMIN))["access_token"]
    found, after = [], ""
    while len(found) < wanted:
        page = json.loads(api.call("GET", f"/deliveries?limit={PAGE}{after}", token=token))
        if not page:
            raise SystemExit(f"{wanted} streams need as many orders, and there are {len(found)}")
        found += [delivery["order_id"] for delivery in page]
        after = f"&after={found[-1]}"
    return token, found[:wanted]


class Streams:
    """Streams that are open inside a `with` block."""

    def __init__(self, port, token, orders):
        self.words = [sys.executable, Path(__file__), str(port)]
        self.input = "\n".join((token, *orders, "", ""))
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.process.stdin.write(self.input)
        self.process.stdin.flush()
        if not self.process.stdout.readline():
            raise SystemExit("the streams do not open")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        if self.process.wait(30) != 0:
            raise SystemExit("streams were cut off while others were served")


async def open_one(port, token, order, turns):
    """Opens a stream and reads until it receives a state; returns its reader."""
    async with turns:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write((f"GET /order/{order}/events HTTP/1.1\r\nHost: localhost\r\n"
                      f"Accept: text/event-stream\r\nAuthorization: Bearer {token}\r\n\r\n").encode())
        await reader.readuntil(b"event: status")
    return reader, writer


async def keep_open(port):
    """Opens all streams, and reads them until the input ends; none may end before."""
    loop = asyncio.get_running_loop()
    token, *orders = iter(lambda: sys.stdin.readline().strip(), "")
    turns = asyncio.Semaphore(AT_ONCE)
    opened = await asyncio.wait_for(
        asyncio.gather(*(open_one(port, token, order, turns) for order in orders)), WAIT_SECONDS)
    print(len(opened), flush=True)
    ended = [asyncio.ensure_future(reader.read(-1)) for reader, _ in opened]
    await loop.run_in_executor(None, sys.stdin.read)
    if any(task.done() for task in ended):
        raise SystemExit("a stream ended")
    for task in ended:
        task.cancel()


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(keep_open(int(sys.argv[1])))
