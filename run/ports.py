#!/usr/bin/python3
"""Ports of this machine.

ports.py check NAME=ADDRESS:PORT...   says of each that can't be listened on why, and fails
ports.py choose [PORT]                prints that port if it is free on loopback, else another
"""

import errno
import functools
import random
import socket
import sys

# Below the range that outgoing connections are given theirs from.
CHOICE = range(26000, 32000)
BLOCKS = [range(first, first + 250) for first in range(20000, 26000, 250)]


def problem(address, port):
    """Why the port can't be listened on: an errno, or None."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        # As nginx and mongod do: connections that linger are no hindrance.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((address, port))
            sock.listen(1)
        except OSError as error:
            return error.errno
    return None


def message(name, address, port):
    """One line about a port that can't be had, None where it can."""
    code = problem(address, port)
    if code is None:
        return None
    if code == errno.EADDRINUSE:
        return f"port {port} on {address} is taken: set {name} to another"
    if code == errno.EACCES:
        return f"port {port} needs root: set {name} to one above 1023"
    if code == errno.EADDRNOTAVAIL:
        return f"{address} is no address of this machine: set BIND to one that is"
    return f"port {port} on {address} can't be used ({errno.errorcode.get(code, code)}): set {name}"


def check(wanted):
    lines = []
    for item in wanted:
        name, place = item.split("=", 1)
        address, port = place.rsplit(":", 1)
        line = message(name, address, int(port))
        if line and line not in lines:
            lines.append(line)
    for line in lines:
        print(line, file=sys.stderr)
    return 1 if lines else 0


def free_ports(n, candidates, but=()):
    """So many different ports that are free on loopback, none of `but`; as many as there are."""
    found = []
    for port in candidates:
        if len(found) == n:
            break
        if port not in but and port not in found and problem("127.0.0.1", port) is None:
            found.append(port)
    return found


@functools.cache
def own_block():
    """(lock, ports that no other process gets from here while this one lives): what one has chosen
    and not opened yet, another would find free."""
    for block in random.sample(BLOCKS, len(BLOCKS)):
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            lock.bind(f"\0quick-commerce-ports-{block.start}")
        except OSError:
            lock.close()
        else:
            return lock, block
    raise SystemExit("too many choose ports at the same time")


def own_ports(n, but=()):
    """So many free ports of this process's own block, none of `but`."""
    block = own_block()[1]
    return free_ports(n, random.sample(block, len(block)), but)


def choose(preferred):
    for port in free_ports(1, (*preferred, *random.sample(CHOICE, len(CHOICE)))):
        print(port)
        return 0
    print("no free port on 127.0.0.1", file=sys.stderr)
    return 1


def main(arguments):
    if arguments[0] == "check":
        return check(arguments[1:])
    kept = [int(word) for word in arguments[1:] if word.isdigit()]
    return choose([port for port in kept if 0 < port < 65536])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
