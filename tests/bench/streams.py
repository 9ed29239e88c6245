"""Viewers of orders: many open event streams, each of an order of its own.

As a program it holds them open for `Streams`: streams.py PORT, with the token and the order ids as
lines on standard input; it writes a line when all of them have shown a state, and ends with its
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
AT_ONCE = 64  # that are being opened
PATIENCE = 60  # seconds until all are open


def under_way(port, wanted):
    """A token that may see all orders, and the newest orders on their way."""
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
    """Open inside of a `with`."""

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
    """Opens a stream and reads until it shows a state; gives its reader."""
    async with turns:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write((f"GET /order/{order}/events HTTP/1.1\r\nHost: localhost\r\n"
                      f"Accept: text/event-stream\r\nAuthorization: Bearer {token}\r\n\r\n").encode())
        await reader.readuntil(b"event: status")
    return reader, writer


async def hold(port):
    """Opens all, and reads what comes until the input ends; none may end before."""
    loop = asyncio.get_running_loop()
    token, *orders = iter(lambda: sys.stdin.readline().strip(), "")
    turns = asyncio.Semaphore(AT_ONCE)
    opened = await asyncio.wait_for(
        asyncio.gather(*(open_one(port, token, order, turns) for order in orders)), PATIENCE)
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
    asyncio.run(hold(int(sys.argv[1])))
