#!/usr/bin/python3
"""start.py SOCKET PROGRAM...: starts programs of a supervisord in parallel, waits until all run, and prints
those that do not. One process starts them all: supervisorctl takes a fifth of a second to load each time."""

import http.client
import socket
import sys
import threading
import xmlrpc.client

ALREADY_STARTED = 60  # supervisor.xmlrpc.Faults
SECONDS = 60


class Transport(xmlrpc.client.Transport):
    """HTTP over a Unix socket."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def make_connection(self, host):
        connection = http.client.HTTPConnection(host)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(SECONDS)
        connection.sock.connect(self.path)
        return connection


def start(path, name, failed):
    """Starts a program, and waits until supervisord reports that it runs. On failure adds its name to `failed`."""
    try:
        with xmlrpc.client.ServerProxy("http://supervisor", Transport(path)) as server:
            server.supervisor.startProcess(name)
    except xmlrpc.client.Fault as fault:
        if fault.faultCode != ALREADY_STARTED:
            failed.append(name)
    except (OSError, http.client.HTTPException, xmlrpc.client.Error):
        failed.append(name)


def main(path, *names):
    failed = []
    threads = [threading.Thread(target=start, args=(path, name, failed)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in names:
        if name in failed:
            print(name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
