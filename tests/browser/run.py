#!/usr/bin/python3
"""The storefront's tests: real shops, a real headless Chromium. `run.py [REGEXP of names]`.

In one shop orders are moved by hand, in the other by the simulation. Both limit rates: each browser and
each client has its own address in X-Forwarded-For.
"""

import concurrent.futures
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tests" / "api"))
from instance import DEMO_PASSWORD, Shop, check_logs

SCREENSHOTS = ROOT / ".run" / "screenshots"
COUNTS = ROOT / ".run" / "browser.tap"
STEP = "3"  # seconds from one step of a delivery to the next
SHOPS = {"manual": {}, "simulated": {"DELIVERY_SIMULATION": "on", "DELIVERY_STEP_SECONDS": STEP}}
TOKEN = re.compile(r"eyJ[\w-]{10,}\.")


def make_shops():
    return {name: Shop(f"browser-{name}", TRUSTED_PROXIES="127.0.0.1,::1", **more)
            for name, more in SHOPS.items()}


def for_each_shop(work, shops):
    with concurrent.futures.ThreadPoolExecutor(len(shops)) as threads:
        list(threads.map(work, shops))


def facts_of(shop):
    """Facts of a shop that the tests need."""
    return {"url": f"http://localhost:{shop.ports['gateway']}", "folder": str(shop.run_dir),
            "database": shop.database, "secret": shop.secret, "password": DEMO_PASSWORD}


def run_node(shops, words):
    """Runs the tests; their lines go to the terminal, their counts to a file. Returns (passed, failed)."""
    COUNTS.unlink(missing_ok=True)
    shutil.rmtree(SCREENSHOTS / "failed" if words else SCREENSHOTS, ignore_errors=True)
    facts = {name: facts_of(shop) for name, shop in shops.items()}
    env = {**os.environ, "SHOPS": json.dumps(facts), "SCREENSHOTS": str(SCREENSHOTS),
           "ONLY": " ".join(words)}
    done = subprocess.run(
        ["node", "--test-reporter=spec", "--test-reporter-destination=stdout",
         "--test-reporter=tap", f"--test-reporter-destination={COUNTS}", "all.mjs"],
        cwd=HERE, env=env, stdin=subprocess.DEVNULL, check=False)
    text = COUNTS.read_text() if COUNTS.exists() else ""
    found = {word: int(n) for word, n in re.findall(r"^# (pass|fail|cancelled) (\d+)$", text, re.M)}
    failed = found.get("fail", 0) + found.get("cancelled", 0)
    return found.get("pass", 0), failed or bool(done.returncode)


def clean_logs(shops):
    """Whether the logs are clean and contain no token."""
    try:
        for shop in shops.values():
            check_logs(shop)
            for path in shop.log_files():
                assert not TOKEN.search(path.read_text(errors="replace")), f"a token in {path.name}"
        return True
    except AssertionError as error:
        print(f"✖ the logs: {error}")
        return False


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    subprocess.run([ROOT / "run" / "setup.sh", "browser"], check=True)
    (ROOT / ".run").mkdir(exist_ok=True)
    # Run folders have fixed names: a second run on the tree waits for the first.
    with open(ROOT / ".run" / "browser.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shops = make_shops()
        began = time.monotonic()
        try:
            for_each_shop(Shop.up, shops.values())
            print(f"the shops are up after {time.monotonic() - began:.0f} s", flush=True)
            passed, failed = run_node(shops, sys.argv[1:])
        finally:
            for_each_shop(Shop.down, shops.values())
        clean = clean_logs(shops)
    print(f"{passed + clean} passed, {failed + (not clean)} failed")
    return 1 if failed or not clean else 0


if __name__ == "__main__":
    sys.exit(main())
