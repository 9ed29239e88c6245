#!/usr/bin/python3
"""Calls made up from the description (schemathesis), with tokens of each role: every answer has to be
one that the description has, with its content type, headers and schema, and no more; and none a 500.

CASES=1000 calls are made up, the same with the same SEED=1; SECONDS ends it earlier.
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
from people import ROLES, People, chance_of, fit
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
ENOUGH = 500  # calls in all, so that each operation is due a success
ROUNDS_MAX = 20
SHOWN = 20
HEALTH = ("/health", "/healthz", "/readyz")
# What comes beside a call now and then.
TWISTS = [{"Content-Type": "text/plain"}, {"If-None-Match": "*"}, {"Idempotency-Key": "k"},
          {"Idempotency-Key": "é".encode()}, {"X-Long": "x" * 9000}, {"Authorization": "Basic eA=="}]

OVERSIZED = [{"data": b"x" * 70_000}, {"params": {"x": "x" * 9000}}]


class Call:
    """An operation of a document, as one caller makes it."""

    def __init__(self, base, method, path, who, share, described, made_up):
        self.base, self.method, self.path, self.who = base, method, path, who
        self.share, self.described, self.made_up = share, described, made_up

    def __str__(self):
        return f"{self.method} {self.path} as {self.who}"


def cases_of(operation):
    """Calls that fit the description, and such that don't where that can be."""
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
    """{who: how many calls of theirs there are}: few of those who come no further than a 401 or 403."""
    if path in HEALTH:
        return {"nobody": 1}
    if not operation["security"]:
        return {"customer": 4, "nobody": 4}
    shares = {role: 4 if re.search(rf"\b{role}\b", operation["description"]) else 1
              for role in ROLES}
    # Most ids that are known are the customer's.
    return {**shares, "customer": 2 * shares["customer"], "nobody": 1, "stranger": 1}


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
            del operation["security"]  # who calls is ours to choose
        schema = schemathesis.openapi.from_dict(document)
        base = f"http://127.0.0.1:{shop.ports[listener]}"
        for method, path, operation in operations(document):
            if wanted(path):
                described = {int(status) for status in responses(document, operation)}
                made_up = cases_of(schema[path][method.lower()])
                calls += [Call(base, method, path, who, share, described, made_up)
                          for who, share in callers[id(operation)].items()]
    return calls


class Run:
    def __init__(self, people):
        self.people = people
        self.chance = chance_of(SEED)
        self.session = requests.Session()
        self.session.trust_env = False
        self.faults = collections.defaultdict(list)
        self.seen = collections.defaultdict(collections.Counter)
        self.cases = 0
        self.busy = 0  # answers 503
        self.stale = True  # something was done since the people's carts were filled

    def call(self, case, **more):
        """The answer to a call. One that the machine had no time for is made again, as a client
        would: whoever is asked to come back gets his answer then."""
        for pause in (1, 2, 4, 0):
            answer = case.call(session=self.session, timeout=TIMEOUT, **more)
            if answer.status_code != 503:
                break
            self.busy += 1
            case.validate_response(answer, checks=CHECKED[1:])
            time.sleep(pause)
        return answer

    def send(self, call, case):
        """Makes a call, and holds the answer against the description."""
        known = self.people.known_for(call.path, self.chance)
        for values in (case.path_parameters, case.query, case.body):
            fit(values, known, self.chance)
        headers = self.people.headers_of(call.who, self.chance)
        if self.chance.random() < 0.1:
            headers |= self.chance.choice(TWISTS)
        more = self.chance.choice(OVERSIZED) if self.chance.random() < 0.02 else {}
        self.cases += 1
        try:
            answer = self.call(case, base_url=call.base, headers=headers, **more)
            self.stale = self.stale or (call.method != "GET" and answer.status_code == 200)
            self.seen[call.method, call.path][answer.status_code] += 1
            case.validate_response(answer, checks=CHECKED)
        except (FailureGroup, AssertionError) as failure:
            self.faults[str(call)].append(str(failure))

    def play(self, call, examples, number):
        """Makes a number of calls up, others than those of another seed."""
        @seed(number)
        @settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))
        @given(call.made_up)
        def each(case):
            if self.stale and self.cases % REFRESH_EVERY == 0:
                self.people.refresh()
                self.stale = False
            self.send(call, case)

        each()

    def round(self, calls, number, until):
        """Plays every call; False where there was no time for it."""
        left = sum(call.share for call in calls)
        for call in calls:
            if time.monotonic() > until:
                print(f"out of time after {self.cases} calls")
                return False
            self.play(call, max(1, (CASES - self.cases) * call.share // left), number)
            left -= call.share
        return True


def report(run, calls):
    """What was seen of what is described, and what went wrong."""
    described = {(call.method, call.path): call.described for call in calls}
    for (method, path), seen in run.seen.items():
        told = " ".join(f"{status}×{seen[status]}" for status in sorted(seen))
        unseen = " ".join(map(str, sorted(described[method, path] - set(seen))))
        print(f"  {method:6} {path:34} {told}   (not seen: {unseen})")
    for name, faults in run.faults.items():
        print(f"FAILED  {name}: {len(faults)} answers")
        for fault in list(dict.fromkeys(faults))[:3]:
            print("\n".join(f"        {line}" for line in fault.splitlines()[:SHOWN]))
    silent = [f"{method} {path}" for (method, path), seen in run.seen.items() if not seen[200]]
    if silent and CASES < ENOUGH:
        print(f"no success yet (too few calls to say more): {', '.join(silent)}")
        silent = []
    for name in silent:
        print(f"FAILED  {name}: never a success")
    return len(run.faults) + len(silent)


def main():
    (ROOT / ".run").mkdir(exist_ok=True)
    shop = Shop("spec", RATE_LIMIT="off")
    shop.up()
    try:
        began = time.monotonic()
        run, calls = Run(People(shop)), all_calls(shop)
        run.people.refresh()
        # Of a call that takes little there is little to make up: others have its share next time.
        for number in range(SEED, SEED + ROUNDS_MAX):
            if run.cases >= CASES or not run.round(calls, number, began + SECONDS):
                break
        failed = report(run, calls)
        seconds = time.monotonic() - began
        print(f"{run.cases} calls in {seconds:.0f} s, {run.busy} made again; the same again: SEED={SEED} CASES={CASES}")
    finally:
        shop.down()
    check_logs(shop)
    print(f"{len(calls) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
