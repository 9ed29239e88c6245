"""An OpenTelemetry collector for the tests: OTLP over HTTP, in JSON."""

import http.server
import json
import threading
import time


class Span:
    """One span as it was received, with the name of its service."""

    def __init__(self, service, data):
        self.service = service
        self.data = data
        self.trace_id, self.id = data["traceId"], data["spanId"]
        self.parent_id = data.get("parentSpanId", "")
        self.name, self.kind = data["name"], data["kind"]
        self.start, self.end = int(data["startTimeUnixNano"]), int(data["endTimeUnixNano"])
        self.attributes = attributes_of(data)
        self.links = data.get("links", [])

    def __repr__(self):
        return f"<{self.service}: {self.name} {self.id} below {self.parent_id or 'nothing'}>"


def attributes_of(holder):
    return {item["key"]: next(iter(item["value"].values()))
            for item in holder.get("attributes", [])}


class Collector:
    """Listens on its own port; refuses spans while `status` is not 200."""

    def __init__(self):
        self.status = 200
        self.requests = self.waiting = 0
        self.silent = threading.Event()  # set: no request gets an answer until it is cleared
        self.spans, self.refused = [], []
        self.resources = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def of_trace(self, trace_id):
        return [span for span in self.spans if span.trace_id == trace_id]

    def _take(self, batch, into):
        for part in batch["resourceSpans"]:
            resource = attributes_of(part["resource"])
            self.resources.append(resource)
            into += [Span(resource["service.name"], data)
                     for scope in part["scopeSpans"] for data in scope["spans"]]

    def _handler(self):
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.path == "/v1/traces", self.path
                assert self.headers["Content-Type"] == "application/json"
                if collector.silent.is_set():
                    collector.waiting += 1
                    while collector.silent.is_set():
                        time.sleep(0.1)
                    self.close_connection = True
                    return
                collector.requests += 1
                status = collector.status
                collector._take(json.loads(body),
                                collector.spans if status == 200 else collector.refused)
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        return Handler
