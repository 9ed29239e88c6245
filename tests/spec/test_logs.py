"""Every answer of the services in earlier tests is described: the logs have the route, the status and the
error code of each call. Runs after tests/api and tests/browser, on their logs."""

import collections
import json
import os

from document import ROOT, SERVICES, codes, operations, part

LOGS = ROOT / ".run"
SINCE = float(os.environ.get("SINCE", "0"))  # seconds; older logs are another run's
LEAST = 1000  # calls, or these are not the logs of those tests


def logs_of(service):
    """The logs of a service in all builds and parts of the tests."""
    return [path for path in LOGS.glob(f"test-*/*/log/{service}.log") if path.stat().st_mtime >= SINCE]


def requests_in(path):
    """The events of a log that are calls. A killed worker may have left half a line."""
    for line in path.read_text(errors="replace").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and "route" in event and "status" in event:
            yield event


def described_of(service):
    """{(method, path): {status: codes}} of a service's description."""
    document = part(service)
    return {(method, path): codes(document, operation)
            for method, path, operation in operations(document)}


def test_every_logged_answer_is_described():
    faults = collections.Counter()
    calls = 0
    for service in SERVICES:
        described = described_of(service)
        for path in logs_of(service):
            for event in requests_in(path):
                method = "GET" if event["method"] == "HEAD" else event["method"]
                known = described.get((method, event["route"]))
                if known is None:  # an internal call, or an unknown one
                    continue
                calls += 1
                status, code = event["status"], event.get("code")
                if status not in known:
                    faults[method, event["route"], status, code] += 1
                elif code and known[status] is not None and code not in known[status]:
                    faults[method, event["route"], status, code] += 1
    assert not faults, dict(faults)
    assert calls >= LEAST, f"only {calls} calls in {LOGS}"
