#!/usr/bin/python3
"""Every check of schemathesis in all its phases, on its own shop: valid calls are accepted, invalid ones,
other methods and missing tokens are refused. SEED=1 repeats a run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "api"))
subprocess.run([ROOT / "run" / "setup.sh", "spec"], check=True)

from document import LIBRARIES, strict, whole
from instance import BUILD, Shop, check_logs
from callers import Callers

SEED = os.environ.get("SEED", "1")
EXAMPLES = os.environ.get("EXAMPLES", "15")  # of an operation, in each phase
SECONDS = 240
FOLDER = ROOT / ".run" / f"every-check-{BUILD}"
DOCUMENT = FOLDER / "openapi.json"


def facts_of(shop):
    """Facts of the shop for every_check_hooks.py."""
    callers = Callers(shop)
    callers.refresh()
    single = ("user_id", "product_id", "cart_id", "order_id", "category")
    known = {name: callers.known[name][0] for name in single}
    known |= {"otp": "1234", "after": callers.known["after"][0]}
    return {"url": f"http://127.0.0.1:{shop.ports['gateway']}", "tokens": callers.tokens(),
            "login": {"email": callers.shopper.email, "password": callers.shopper.password},
            "ended": callers.ended, "known": known, "other_product": callers.known["product_id"][1]}


def run(shop):
    """(exit code, output)."""
    DOCUMENT.write_text(json.dumps(strict(whole())))
    facts = facts_of(shop)
    env = {**os.environ, "SHOP": json.dumps(facts), "PYTHONDONTWRITEBYTECODE": "1",
           "PYTHONPATH": f"{LIBRARIES}:{HERE}", "SCHEMATHESIS_HOOKS": "every_check_hooks"}
    words = [sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "every_check.toml",
             "run", DOCUMENT, "--url", facts["url"], "--seed", SEED, "--max-examples", EXAMPLES,
             "--exclude-path", "/health"]  # it is on each service's own port
    done = subprocess.run(words, env=env, cwd=FOLDER, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS,
                          check=False)
    return done.returncode, done.stdout


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    shop = Shop("every-check", RATE_LIMIT="off")
    shop.up()
    try:
        code, text = run(shop)
    finally:
        shop.down()
    print(text)
    check_logs(shop)
    tested = re.search(r"^ +Tested: (\d+)$", text, re.M)
    passed, failed = int(tested[1]) if tested else 0, len(re.findall(r"^\d+\. Test Case ID", text, re.M))
    failed = failed or int(code != 0)
    print(f"{max(passed - failed, 0)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
