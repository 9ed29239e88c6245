"""A FastCGI client that can stop in the middle of a request (FastCGI 1.0)."""

import socket
import struct

VERSION, REQUEST_ID = 1, 1
BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
RESPONDER = struct.pack(">HB5x", 1, 0)


def record(kind, content=b""):
    return struct.pack(">BBHHBx", VERSION, kind, REQUEST_ID, len(content), 0) + content


def length(n):
    return bytes([n]) if n < 128 else struct.pack(">I", n | 1 << 31)


def params(**values):
    return b"".join(length(len(k)) + length(len(v)) + k.encode() + v.encode()
                    for k, v in values.items())


class Call:
    """Connects and begins a request, for whose rest a worker's thread then waits; finish() sends it."""

    def __init__(self, path, address, **more):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(str(address))
        self.rest = params(**{"REQUEST_METHOD": "GET", "DOCUMENT_URI": path, "QUERY_STRING": "",
                              "CONTENT_TYPE": "", "CONTENT_LENGTH": "", **more})
        self.sock.sendall(record(BEGIN, RESPONDER))

    def finish(self, body=b""):
        """(status, body)"""
        self.send(body)
        return self.answer()

    def send(self, body=b""):
        stdin = record(STDIN, body) if body else b""
        self.sock.sendall(record(PARAMS, self.rest) + record(PARAMS) + stdin + record(STDIN))

    def answer(self):
        head, _, body = self._output().partition(b"\r\n\r\n")
        return int(head.split(b"Status: ")[1][:3]), body.decode()

    def _output(self):
        output = b""
        while True:
            header = self._exactly(8)
            _, kind, _, size, padding = struct.unpack(">BBHHB", header[:7])
            content = self._exactly(size + padding)[:size]
            if kind == END:
                self.sock.close()
                return output
            if kind == STDOUT:
                output += content

    def _exactly(self, n):
        got = b""
        while len(got) < n:
            piece = self.sock.recv(n - len(got))
            assert piece, "the worker closed the connection"
            got += piece
        return got
