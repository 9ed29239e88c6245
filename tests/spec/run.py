#!/usr/bin/python3
"""Generated calls from the description (schemathesis), with tokens of each role: every answer must be
described, with its content type, headers and schema, without other members; and none may be a 500.

CASES=1000 calls are generated, the same with the same SEED=1; SECONDS ends the run earlier.
"""

import collections
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
subprocess.run([ROOT / "run" / "setup.sh", "spec"], check=True)

from document import SERVICES, operations, part, responses, strict, whole
from callers import ROLES, Callers, random_of, fit
from instance import Shop, check_logs

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings, strategies
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode

CASES = int(os.environ.get("CASES", "1000"))
SEED = int(os.environ.get("SEED", "1"))
SECONDS = float(os.environ.get("SECONDS", "inf"))
load_all_checks()
CHECKED = CHECKS.get_by_names(["not_a_server_error", "status_code_conformance",
                               "content_type_conformance", "response_headers_conformance",
                               "response_schema_conformance"])
TIMEOUT = 15
REFRESH_EVERY = 8  # cases
ENOUGH = 500  # calls in total after which each operation must have had a success
ROUNDS_MAX = 20
SHOWN = 20
HEALTH = ("/health", "/healthz", "/readyz")
# Additional headers of some calls.
EXTRA_HEADERS = [{"Content-Type": "text/plain"}, {"If-None-Match": "*"}, {"Idempotency-Key": "k"},
                 {"Idempotency-Key": "é".encode()}, {"X-Long": "x" * 9000}, {"Authorization": "Basic eA=="}]

OVERSIZED = [{"data": b"x" * 70_000}, {"params": {"x": "x" * 9000}}]


class Call:
    """An operation of a document, as one caller makes it."""

    def __init__(self, base, method, path, caller, share, described, strategy):
        self.base, self.method, self.path, self.caller = base, method, path, caller
        self.share, self.described, self.strategy = share, described, strategy

    def __str__(self):
        return f"{self.method} {self.path} as {self.caller}"


def cases_of(operation):
    """Valid calls of an operation, and invalid ones where there can be any."""
    ways = [operation.as_strategy(generation_mode=GenerationMode.POSITIVE)]
    wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    try:
        settings(max_examples=1, database=None, deadline=None, verbosity=Verbosity.quiet,
                 suppress_health_check=list(HealthCheck))(given(wrong)(lambda case: None))()
        ways.append(wrong)
    except (Unsatisfiable, schemathesis.errors.SchemathesisError):
        pass
    return strategies.one_of(ways)


def callers_of(path, operation):
    """{caller: share of the calls}: few for callers that get 401 or 403."""
    if path in HEALTH:
        return {"anonymous": 1}
    if not operation["security"]:
        return {"customer": 4, "anonymous": 4}
    shares = {role: 4 if re.search(rf"\b{role}\b", operation["description"]) else 1
              for role in ROLES}
    # Most known ids belong to the customer.
    return {**shares, "customer": 2 * shares["customer"], "anonymous": 1, "invalid token": 1}


def all_calls(shop):
    """Each operation of the gateway as each caller; the health of each service on its own port."""
    documents = [(whole(), "gateway", lambda path: path != "/health")]
    documents += [(part(name), name, lambda path: path in HEALTH) for name in SERVICES]
    calls = []
    for document, listener, wanted in documents:
        document = strict(document)
        callers = {id(operation): callers_of(path, operation)
                   for _, path, operation in operations(document)}
        for _, _, operation in operations(document):
            del operation["security"]  # the run chooses the caller
        schema = schemathesis.openapi.from_dict(document)
        base = f"http://127.0.0.1:{shop.ports[listener]}"
        for method, path, operation in operations(document):
            if wanted(path):
                described = {int(status) for status in responses(document, operation)}
                strategy = cases_of(schema[path][method.lower()])
                calls += [Call(base, method, path, caller, share, described, strategy)
                          for caller, share in callers[id(operation)].items()]
    return calls


class Run:
    def __init__(self, callers):
        self.callers = callers
        self.chance = random_of(SEED)
        self.session = requests.Session()
        self.session.trust_env = False
        self.faults = collections.defaultdict(list)
        self.seen = collections.defaultdict(collections.Counter)
        self.cases = 0
        self.busy = 0  # answers 503
        self.stale = True  # calls have changed data since the carts were filled

    def call(self, case, **more):
        """The answer to a call. A 503 of the loaded machine is retried, as a client would do."""
        for pause in (1, 2, 4, 0):
            answer = case.call(session=self.session, timeout=TIMEOUT, **more)
            if answer.status_code != 503:
                break
            self.busy += 1
            case.validate_response(answer, checks=CHECKED[1:])
            time.sleep(pause)
        return answer

    def send(self, call, case):
        """Makes a call, and compares the answer with the description."""
        known = self.callers.known_for(call.path, self.chance)
        for values in (case.path_parameters, case.query, case.body):
            fit(values, known, self.chance)
        headers = self.callers.headers_of(call.caller, self.chance)
        if self.chance.random() < 0.1:
            headers |= self.chance.choice(EXTRA_HEADERS)
        more = self.chance.choice(OVERSIZED) if self.chance.random() < 0.02 else {}
        self.cases += 1
        try:
            answer = self.call(case, base_url=call.base, headers=headers, **more)
            self.stale = self.stale or (call.method != "GET" and answer.status_code == 200)
            self.seen[call.method, call.path][answer.status_code] += 1
            case.validate_response(answer, checks=CHECKED)
        except (FailureGroup, AssertionError) as failure:
            self.faults[str(call)].append(str(failure))

    def make_calls(self, call, examples, number):
        """Generates and makes calls; another seed number gives other calls."""
        @seed(number)
        @settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))
        @given(call.strategy)
        def each(case):
            if self.stale and self.cases % REFRESH_EVERY == 0:
                self.callers.refresh()
                self.stale = False
            self.send(call, case)

        each()

    def run_round(self, calls, number, until):
        """Makes every call; returns False when the time is over."""
        left = sum(call.share for call in calls)
        for call in calls:
            if time.monotonic() > until:
                print(f"out of time after {self.cases} calls")
                return False
            self.make_calls(call, max(1, (CASES - self.cases) * call.share // left), number)
            left -= call.share
        return True


def report(run, calls):
    """Prints the described statuses that occurred, and the failures."""
    described = {(call.method, call.path): call.described for call in calls}
    for (method, path), seen in run.seen.items():
        counts = " ".join(f"{status}×{seen[status]}" for status in sorted(seen))
        unseen = " ".join(map(str, sorted(described[method, path] - set(seen))))
        print(f"  {method:6} {path:34} {counts}   (not seen: {unseen})")
    for name, faults in run.faults.items():
        print(f"FAILED  {name}: {len(faults)} answers")
        for fault in list(dict.fromkeys(faults))[:3]:
            print("\n".join(f"        {line}" for line in fault.splitlines()[:SHOWN]))
    never_successful = [f"{method} {path}" for (method, path), seen in run.seen.items() if not seen[200]]
    if never_successful and CASES < ENOUGH:
        print(f"no success yet (too few calls to say more): {', '.join(never_successful)}")
        never_successful = []
    for name in never_successful:
        print(f"FAILED  {name}: never a success")
    return len(run.faults) + len(never_successful)


def main():
    (ROOT / ".run").mkdir(exist_ok=True)
    shop = Shop("spec", RATE_LIMIT="off")
    shop.up()
    try:
        began = time.monotonic()
        run, calls = Run(Callers(shop)), all_calls(shop)
        run.callers.refresh()
        # A call with few inputs gives few cases: the next round gives its share to others.
        for number in range(SEED, SEED + ROUNDS_MAX):
            if run.cases >= CASES or not run.run_round(calls, number, began + SECONDS):
                break
        failed = report(run, calls)
        seconds = time.monotonic() - began
        print(f"{run.cases} calls in {seconds:.0f} s, {run.busy} retried; the same again: SEED={SEED} CASES={CASES}")
    finally:
        shop.down()
    check_logs(shop)
    print(f"{len(calls) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
