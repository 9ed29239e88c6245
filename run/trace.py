#!/usr/bin/python3
"""Prints the lines of one request in all logs, as a tree in the order of time.

trace.py ID [FILE...]

ID is a request id (the gateway's, or one that a client sent), a trace id, or the id of an order, which stands for the
request that created it. Without a FILE it reads the logs of RUN_DIR (.run); "-" is standard input, which may also have
lines of containers' logs. The members of a line show its source: nginx's lines have `listener`, the services' lines
`service`, and the database's lines (slow operations) a comment, which is the request's id.
"""

import bisect
import json
import os
import re
import sys
from datetime import datetime
from pathlib import Path

from service_table import ROWS

ROOT = Path(__file__).resolve().parents[1]
ORDER_ID = re.compile("[0-9a-f]{24}")
NEAR = 64  # maximum number of lines of one span that are compared
# Members that every event may have; the others are the event's own fields.
COMMON = {"time", "level", "service", "request_id", "trace_id", "span_id", "parent_id", "user_id", "msg"}
LOGS = ("access", "internal_access", "streams_access", *(row["name"] for row in ROWS), "mongod")
SLACK = 0.005  # seconds by which clocks and roundings of nginx and the services differ


class Line:
    """A line of a log: when its request or operation began, how long it took, and its ids."""

    def __init__(self, event):
        self.event = event
        self.children = []
        if "listener" in event:
            self.kind, self.who = "nginx", f"nginx {event['listener']}"
            self.took = event["request_time"]
            self.what = f"{event['method']} {event['uri']} → {event['status']}"
        elif "attr" in event:
            self.kind, self.who = "database", "mongod"
            self.took = event["attr"].get("durationMillis", 0) / 1000
            self.what = f"slow {event['attr'].get('ns', '')}: {event['attr'].get('planSummary', '')}"
        else:
            self.kind, self.who = "event", event["service"]
            self.took = None
            self.what = " ".join([event.get("msg", ""), *(f"{name}={value}" for name, value in event.items()
                                                          if name not in COMMON)])
            if "duration_ms" in event:
                self.kind = "call" if "calls" in event else "request"
                self.took = float(event["duration_ms"]) / 1000
                self.what = self._what()
        self.end = when(event["t"]["$date"] if "attr" in event else event["time"])
        self.start = self.end - (self.took or 0)

    def _what(self):
        event = self.event
        if "calls" in event:
            return f"calls {event['calls']} → {event['status'] or 'no answer'}"
        code = f" {event['code']}" if "code" in event else ""
        return f"{event['method']} {event['route']} → {event['status']}{code}"

    def __getattr__(self, name):
        """request_id, trace_id, span_id, parent_id: "" where there is none."""
        if name not in ("request_id", "trace_id", "span_id", "parent_id"):
            raise AttributeError(name)
        return self.event.get(name, "")

    def holds(self, other):
        """Whether the other began while this one was in progress."""
        return self.start - SLACK <= other.start <= self.end + SLACK


def when(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def parse(text):
    """The line, or None if it has another form."""
    begin = text.find("{")
    try:
        event = json.loads(text[begin:]) if begin >= 0 else None
        if not isinstance(event, dict) or not {"service", "listener", "attr"} & event.keys():
            return None
        return Line(event)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # cut short by a killed process


def lines_with(sources, words):
    """Lines that contain one of the words, each once."""
    found = {}
    for text in sources():
        if any(word in text for word in words):
            line = parse(text)
            if line:
                found.setdefault(text, line)
    return list(found.values())


# ---- which requests ----

def names_order(line, order_id):
    return line.kind == "event" and line.event.get("order_id") == order_id


def traces_of(sources, wanted):
    """(trace ids, lines that name the id)"""
    lines = lines_with(sources, [wanted])
    traces = {line.trace_id for line in lines if wanted in (line.request_id, line.trace_id)}
    if not traces:  # an id of the client's own, which the gateway logs but doesn't use
        traces = {line.trace_id for line in lines if line.event.get("client_request_id") == wanted}
    if ORDER_ID.fullmatch(wanted):  # a client may have used the order's id as its request id
        about = sorted((line for line in lines if names_order(line, wanted)),
                       key=lambda line: line.start)
        traces |= {line.trace_id for line in about[:1]}
    return traces - {""}, lines


def later_calls(lines, order_id, traces):
    """nginx's lines of the other requests that changed the order."""
    return sorted((line for line in lines
                   if line.kind == "nginx" and line.event["listener"] != "internal"
                   and line.trace_id not in traces and order_id in line.event["uri"]
                   and line.event["method"] not in ("GET", "HEAD", "OPTIONS")),
                  key=lambda line: line.start)


# ---- the tree ----

def near(hops, line):
    """The last of the lines that began before a line: a client may use one span for all its requests."""
    end = bisect.bisect_right(hops, line.start + SLACK, key=lambda hop: hop.start)
    return hops[max(0, end - NEAR):end]


def innermost(candidates, line):
    """The one of several lines of a span that caused the line."""
    candidates = near(candidates, line) or candidates[:1]
    same = [c for c in candidates if c.request_id == line.request_id] or candidates
    around = [c for c in same if c.holds(line)] or same
    return max(around, key=lambda c: (c.event["listener"] == "streams", c.start))


def in_time(lines):
    """Sorts by start in milliseconds, the precision of the logs. An event precedes a request of the same time."""
    return sorted(lines, key=lambda line: (round(line.start, 3), line.kind != "event", -line.end))


def tree(lines):
    """The lines without a parent; all others are in the .children of their parent."""
    spans = {line.span_id: line for line in lines if line.kind in ("request", "call")}
    hops = {}  # nginx's lines by span: several, because nginx passes a call to another nginx under the same span
    works = {}  # the first event of each span that has no line of its own (background work)
    for line in sorted((l for l in lines if l.kind == "nginx"), key=lambda l: l.start):
        hops.setdefault(line.span_id, []).append(line)
    for line in in_time(lines):
        if line.kind == "event" and line.span_id not in spans:
            works.setdefault(line.span_id, line)
    roots = []
    for line in in_time(lines):
        parent = parent_of(line, spans, hops, works)
        (parent.children if parent else roots).append(line)
    return roots


def parent_of(line, spans, hops, works):
    if line.kind == "nginx":
        before = [hop for hop in near(hops[line.span_id], line)
                  if hop is not line and hop.event["listener"] != "streams" and hop.holds(line)]
        if line.event["listener"] == "streams" and before:
            return innermost(before, line)
        return spans.get(line.span_id)
    if line.kind == "event":
        if line.span_id in spans:
            return spans[line.span_id]
        if works[line.span_id] is not line:
            return works[line.span_id]
    if line.parent_id in hops:
        return innermost(hops[line.parent_id], line)
    return spans.get(line.parent_id) or works.get(line.parent_id)


def comment_of(slow):
    """The request of a slow operation. A getMore has the comment in its originatingCommand."""
    attributes = slow.event["attr"]
    return next((part["comment"] for part in (attributes.get("command"),
                                              attributes.get("originatingCommand"))
                 if part and "comment" in part), "")


def attach_slow(lines, roots):
    """Adds the database's lines, which have only the request's id, to the root of their request."""
    for slow in (line for line in lines if line.kind == "database"):
        root = next((r for r in roots if r.request_id == comment_of(slow)), None)
        (root.children if root else roots).append(slow)


# ---- printing ----

def duration(seconds):
    if seconds is None:
        return ""
    return f"{seconds * 1000:.1f} ms" if seconds < 10 else f"{seconds:.1f} s"


def print_line(line, begin, out, branch="", indent=""):
    """Prints a line and, indented, its children."""
    # A URI may contain control sequences of a terminal.
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in f"{line.who}  {line.what}")
    print(f"{line.start - begin:+10.3f} s {duration(line.took):>10}  {branch}{text}", file=out)
    for n, child in enumerate(in_time(line.children), 1):
        last = n == len(line.children)
        print_line(child, begin, out, indent + ("└ " if last else "├ "),
                   indent + ("  " if last else "│ "))


def print_trace(lines, out):
    """Prints one trace: its ids, and its lines."""
    slow = [line for line in lines if line.kind == "database"]
    roots = tree([line for line in lines if line.kind != "database"])
    attach_slow(slow, roots)
    begin = min(line.start for line in lines)
    requests = list(dict.fromkeys(line.request_id for line in roots if line.request_id))
    trace = next((line.trace_id for line in lines if line.trace_id), "")
    at = datetime.fromtimestamp(begin).astimezone().isoformat(timespec="milliseconds")
    print(f"request {', '.join(requests)}  trace {trace}  at {at}", file=out)
    for root in in_time(roots):
        print_line(root, begin, out)


def print_traces(sources, wanted, out):
    """Prints all traces of an id; returns how many there were."""
    traces, naming = traces_of(sources, wanted)
    if not traces:
        return 0
    lines = [line for line in lines_with(sources, traces) if line.trace_id in traces]
    requests = {line.request_id for line in lines} - {""}
    slow = [line for line in lines_with(sources, [f'"comment":"{name}"' for name in requests])
            if line.kind == "database"]
    by_trace = {}
    for line in sorted(lines, key=lambda line: line.start):
        by_trace.setdefault(line.trace_id, []).append(line)
    for n, (_, members) in enumerate(by_trace.items()):
        if n:
            print(file=out)
        own = {line.request_id for line in members}
        print_trace(members + [s for s in slow if comment_of(s) in own], out)
    later = later_calls(naming, wanted, traces) if ORDER_ID.fullmatch(wanted) else []
    if later:
        print("\nlater calls about this order, each with a trace of its own:", file=out)
    for line in later:
        print(f"  {line.event['time']}  {line.what}  request {line.request_id}", file=out)
    return len(by_trace)


# ---- where the logs are ----

def files_of(folder):
    """The logs of a folder, the rotated part of each before the present one."""
    names = [path for path in folder.iterdir()
             if re.fullmatch(rf"({'|'.join(LOGS)})\.log(\.\d)?", path.name)]
    return sorted(names, key=lambda path: path.name, reverse=True)


def reader(names):
    """A function that returns all lines of the logs at each call."""
    if names == ["-"]:
        kept = sys.stdin.read().splitlines()
        return lambda: kept
    if names:
        paths = [Path(name) for name in names]
    else:
        folder = Path(os.environ.get("RUN_DIR") or ".run")
        paths = files_of((folder if folder.is_absolute() else ROOT / folder) / "log")

    def lines():
        for path in paths:
            with open(path, encoding="utf-8", errors="replace") as log:
                for text in log:
                    yield text.rstrip("\n")
    return lines


def main(arguments):
    if not arguments or not arguments[0]:
        print("usage: make trace ID=<request id, trace id or order id>", file=sys.stderr)
        return 2
    try:
        if print_traces(reader(arguments[1:]), arguments[0], sys.stdout):
            return 0
    except OSError as error:
        print(f"trace: {error}", file=sys.stderr)
        return 2
    print(f"trace: no line of the logs belongs to {arguments[0]}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
