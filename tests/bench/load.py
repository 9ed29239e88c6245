"""Runs the load generator (load.c) on an instance, by the plans of plans.py."""

import json
import os
import subprocess

from shop import ROOT

SECONDS = os.environ.get("BENCH_SECONDS", "2.5")
WARMUP = os.environ.get("BENCH_WARMUP", "0.5")
CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "32"))
TOOLS = ROOT / "build" / os.environ.get("BUILD", "release") / "bench"


def check_tools(*names):
    """Ends the program if a tool is not built."""
    for name in names:
        if not (TOOLS / name).exists():
            raise SystemExit(f"{TOOLS / name} isn't there: run `make bench-tools`")


def http_load(name, plans, port):
    """Measures one operation; returns {rate, p50_ms, p99_ms, errors, ...}."""
    steps = "2" if name == "order" else "1"
    with open(plans / f"{name}.plan", "rb") as plan:
        done = subprocess.run([TOOLS / "load", name, str(port), SECONDS, WARMUP, steps],
                              stdin=plan, stdout=subprocess.PIPE, text=True, timeout=120,
                              check=False)
    if not done.stdout:
        raise SystemExit(f"http {name} ended with code {done.returncode}")
    return json.loads(done.stdout)
