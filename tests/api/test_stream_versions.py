"""During an upgrade the streams' nginx is updated before the delivery service."""

import os
import socket
import struct
import subprocess
import threading

import pytest

import services
from checks import UNKNOWN_ID
from instance import BINARIES, ROOT, wait_until

STDOUT, END_REQUEST = 6, 3
PLACES = (*services.POOLS, "STREAMS", "GATEWAY_STATUS", "STATUS_LISTEN")
OTHERS = {"BIND": "127.0.0.1", "INTERNAL_BIND": "127.0.0.1", "NGINX_WORKERS": "1", "FILES_ROOT": "files",
          "ERROR_LOG": "stderr", "ACCESS_LOG": "/dev/null", "STREAMS_ERROR_LOG": "stderr",
          "INTERNAL_ERROR_LOG": "stderr", "RATE_LIMIT": "on", "STREAMS_PER_ADDRESS": "200"}
PORTS = ("GATEWAY_PORT", *services.PORTS, "INTERNAL_PORT")


def record(kind, content):
    """A record of request 1."""
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def answer(listener, path):
    """A delivery service that redirects each call to a path of the streams. FastCGI 1.0, 3.3."""
    head = f"Status: 200\r\nX-Accel-Redirect: {path}\r\n\r\n".encode()
    while True:
        try:
            call, _ = listener.accept()
        except OSError:
            return
        with call:
            call.recv(65536)
            call.sendall(record(STDOUT, head) + record(END_REQUEST, bytes(8)))


@pytest.fixture
def open_stream(tmp_path):
    """A function: the status line of a stream that the delivery service redirects to a path."""
    ended = []

    def opened(path):
        listener = socket.create_server(("127.0.0.1", 0))
        ended.append(listener.close)
        threading.Thread(target=answer, args=(listener, path), daemon=True).start()
        place = tmp_path / "streams.sock"
        env = {**os.environ, **OTHERS, **{name: "127.0.0.1:1" for name in PLACES},
               **{name: str(9000 + n) for n, name in enumerate(PORTS)}, "STREAMS_LISTEN": f"unix:{place}",
               "DELIVERY_POOL": f"127.0.0.1:{listener.getsockname()[1]}"}
        rows = subprocess.check_output([BINARIES / "delivery", "--routes"], text=True)
        errors = subprocess.check_output([BINARIES / "delivery", "--errors"], text=True)
        subprocess.run([ROOT / "nginx" / "render.sh", tmp_path], env=env, check=True, text=True,
                       input="".join([f"delivery\t{row}\n" for row in rows.splitlines()] +
                                      [f"error\t{row}\n" for row in errors.splitlines()]))
        (tmp_path / "tmp").mkdir()
        nginx = subprocess.Popen(["/usr/sbin/nginx", "-p", tmp_path, "-c", tmp_path / "streams.conf"],
                                 stderr=subprocess.DEVNULL)
        ended.append(lambda: (nginx.terminate(), nginx.wait(10)))
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            wait_until(lambda: client.connect_ex(str(place)) == 0, 5, "nginx listens")
            client.sendall(f"GET /order/{UNKNOWN_ID}/events HTTP/1.1\r\nHost: streams\r\n"
                           "Accept: text/event-stream\r\n\r\n".encode())
            return client.recv(4096).decode().splitlines()[0]

    yield opened
    for end in reversed(ended):
        end()


@pytest.mark.parametrize("path", [f"/streams/{UNKNOWN_ID}/17/{UNKNOWN_ID}", f"/streams/{UNKNOWN_ID}/17"],
                         ids=["this", "before"])
def test_streams_serve_the_delivery_service_of_this_and_the_previous_version(open_stream, path):
    assert open_stream(path) == "HTTP/1.1 200 OK"
