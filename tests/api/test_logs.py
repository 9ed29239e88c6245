"""The size of log lines is bounded, and each line is JSON for any input."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from client import send_raw
from instance import POOLS, ROOT, wait_until

LINE_MAX = 1100
URI_MAX = 256
MIB = 1 << 20
ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def lines_behind(shop, calls):
    """The access log's lines of some calls, as bytes."""
    log = shop.run_dir / "log" / "access.log"
    wait_until(lambda: log.exists(), 5, "the log exists")
    begun = log.stat().st_size
    mark = os.urandom(8).hex()
    for call in calls:
        send_raw(shop.ports["gateway"], call)
    send_raw(shop.ports["gateway"], f"GET /{mark} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    def written():
        with open(log, "rb") as file:
            file.seek(begun)
            text = file.read()
        # Each nginx worker buffers its lines: the marked line need not be the last.
        whole = mark.encode() in text and text.endswith(b"\n")
        return text if whole and text.count(b"\n") > len(calls) else None

    return wait_until(written, 10, "the lines are written").splitlines()


@pytest.mark.parametrize("start", [b"GET /", b"GET /products?q=", b"POST /"])
def test_a_long_url_is_truncated_between_characters(shop, start):
    paths = [b"a" * 7900, b'"' * 2000, b"\\" * 2000, b"'" * 300, "दूध".encode() * 60, b"\xff\xfe" * 300, b"a\xc3",
             *(b"a" * n + b"%E0%A4%B8" * 300 for n in range(240, 256))]
    for line in lines_behind(shop, [start + path + b" HTTP/1.1\r\nHost: x\r\n\r\n" for path in paths]):
        event = json.loads(line.decode("utf-8"))
        assert len(line) < LINE_MAX and len(event["uri"]) <= URI_MAX + 1, line
        assert not ESCAPE.search(event["uri"]), line


def test_a_short_url_is_logged_whole(shop):
    address = "/products?q=%E0%A4%A6%E0%A5%82%E0%A4%A7&limit=1"
    lines = lines_behind(shop, [f"GET {address} HTTP/1.1\r\nHost: x\r\n\r\n".encode()])
    assert address in [json.loads(line)["uri"] for line in lines]


def test_other_logged_values_of_a_client_are_truncated(shop):
    ids = b"X-Request-ID: " + b"r" * 3000 + b"\r\ntraceparent: 00-" + b"a" * 3000 + b"\r\n"
    good = (b"X-Request-ID: " + b"r" * 64 + b"\r\ntraceparent: 00-" + b"a" * 32 + b"-" + b"b" * 16
            + b"-01\r\n")
    for line in lines_behind(shop, [b"X" * 900 + b" / HTTP/1.1\r\nHost: x\r\n\r\n",
                                    b"get " + b"/" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                                    b"GET / HTTP/1.1\r\nHost: x\r\n" + ids + b"\r\n",
                                    b"GET /" + b'"' * 300 + b" HTTP/1.1\r\nHost: x\r\n" + good + b"\r\n"]):
        assert len(line) < LINE_MAX and json.loads(line.decode("utf-8")), line


def test_invalid_utf_8_still_gives_a_valid_line(shop):
    odd = [bytes([byte]) for byte in (0x80, 0xa0, 0xc3, 0xe0, 0xed, 0xf4, 0xff)] + ["दूध".encode(), b"\xed\xa0\x80"]
    names = (b"User-Agent", b"X-Request-ID", b"traceparent", b"Host", b"Origin", b"Referer", b"X-Forwarded-For",
             b"Authorization", b"Idempotency-Key", b"Accept-Encoding", b"Last-Event-ID", b"X-" + odd[0])
    calls = [b"GET /%s?q=%s HTTP/1.1\r\nHost: x\r\n\r\n" % (path + byte, byte) for byte in odd
             for path in (b"", b"products/", b"assets/", b"order/a", b"internal/")]
    calls += [b"GET /search?q=a HTTP/1.1\r\nHost: x\r\n%s: %s\r\n\r\n" % (name, byte)
              for name in names for byte in odd]
    lines = lines_behind(shop, calls)
    assert len(lines) >= len(calls)
    for line in lines:
        assert json.loads(line.decode("utf-8")), line
    for pool in POOLS:
        for line in (shop.run_dir / "log" / f"{pool}.log").read_bytes().splitlines():
            assert json.loads(line.decode("utf-8")), line


def test_a_fast_writer_stays_below_the_size_limit(tmp_path):
    """6 s at 40 MB a second, which is more than two nginx workers write."""
    folder = tmp_path / "log"
    folder.mkdir()
    log = folder / "access.log"
    rotating = subprocess.Popen(["bash", ROOT / "run" / "rotate.sh"],
                                env={**os.environ, "RUN_DIR": str(tmp_path)})
    try:
        most, piece = 0, b"x" * (8 * MIB - 1) + b"\n"
        for _ in range(30):
            with open(log, "ab") as file:
                file.write(piece)
            time.sleep(0.2)
            most = max(most, sum(path.stat().st_size for path in folder.iterdir()))
        wait_until(lambda: log.stat().st_size <= 20 * MIB, 5, "it is emptied at the end")
    finally:
        rotating.send_signal(signal.SIGTERM)
        rotating.wait(10)
    # Two files of the limit, and what was written between two checks.
    assert most <= 2 * (20 + 1.5 * 40) * MIB, most / MIB
