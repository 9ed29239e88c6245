#!/usr/bin/python3
"""Ports of this machine.

ports.py check NAME=ADDRESS:PORT...   prints the reason for each port that can't be opened, and fails if there is one
ports.py choose [PORT]                prints that port if it is free on loopback, else another
"""

import errno
import functools
import random
import socket
import sys
from ipaddress import ip_address

# Below the range from which the kernel chooses ports of outgoing connections.
CHOICE = range(26000, 32000)
BLOCKS = [range(first, first + 500) for first in range(20000, 26000, 500)]

LOOPBACK = ("127.0.0.1", "::1")
# The machine doesn't have the address or IPv6, the address needs an interface, or it is not an address.
NO_ADDRESS = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EINVAL, socket.EAI_NONAME}


def problem(address, port):
    """Why the port can't be listened on: an errno, or None."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            # nginx and mongod set it, too: lingering connections must not prevent listening.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((address, port))
            sock.listen(1)
    except OSError as error:
        return error.errno
    return None


def is_free(port):
    """Whether the port can be listened on at each loopback address that the machine has."""
    return all(problem(address, port) in (None, *NO_ADDRESS) for address in LOOPBACK)


def message(name, address, port):
    """The error message for a port that can't be opened, or None."""
    code = problem(address, port)
    if code is None:
        return None
    if code == errno.EADDRINUSE:
        return f"port {port} on {address} is taken: set {name} to another"
    if code == errno.EACCES:
        return f"port {port} needs root: set {name} to one above 1023"
    if code in NO_ADDRESS:
        return f"{address} is no address of this machine: set BIND to one that is"
    return f"port {port} on {address} can't be used ({errno.errorcode.get(code, code)}): set {name}"


def check(wanted):
    lines, seen = [], set()
    for item in wanted:
        name, place = item.split("=", 1)
        address, port = place.rsplit(":", 1)
        line = message(name, address, int(port))
        if not line and (name, ip_address(address)) in seen:
            line = f"{address} is in BIND twice"
        if not line:
            seen.add((name, ip_address(address)))
        if line and line not in lines:
            lines.append(line)
    for line in lines:
        print(line, file=sys.stderr)
    return 1 if lines else 0


def free_ports(n, candidates, but=()):
    """Up to n different ports of the candidates that are free on loopback, without those in `but`."""
    found = []
    for port in candidates:
        if len(found) == n:
            break
        if port not in but and port not in found and is_free(port):
            found.append(port)
    return found


@functools.cache
def own_block():
    """(lock, a range of ports that is reserved for this process while it lives). Without the lock, another process could
    choose a port that this one has chosen but not opened yet."""
    for block in random.sample(BLOCKS, len(BLOCKS)):
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            lock.bind(f"\0quick-commerce-ports-{block.start}")
        except OSError:
            lock.close()
        else:
            return lock, block
    raise SystemExit("too many processes choose ports at the same time")


def own_ports(n, but=()):
    """n free ports of this process's own block, without those in `but`."""
    block = own_block()[1]
    found = free_ports(n, random.sample(block, len(block)), but)
    if len(found) < n:
        raise SystemExit(f"fewer than {n} free ports are left from {block.start} to {block.stop - 1}")
    return found


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
