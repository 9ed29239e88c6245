"""The storefront's journey in a real browser, against a running shop."""

import json
import os
import re
import subprocess

from cluster import ROOT, Failed, run

BROWSER = ROOT / "tests" / "browser"
JOURNEY = "from sign-up to DELIVERED"


def journey(url):
    """From sign-up to the delivery, live. The shop's simulation must move deliveries about every 3 s."""
    run(ROOT / "run" / "setup.sh", "browser")
    # One shop in both roles of the tests, without the facts that only a local run has.
    facts = {"url": url, "folder": "", "database": "", "secret": "", "password": ""}
    env = {**os.environ, "SHOPS": json.dumps({"still": facts, "moving": facts}), "ONLY": JOURNEY,
           "SCREENSHOTS": str(ROOT / ".run" / "screenshots-containers")}
    done = subprocess.run(["node", "--test-reporter=tap", "all.mjs"], cwd=BROWSER, env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.M)
    if done.returncode or not passed or passed.group(1) == "0":
        raise Failed(f"the browser's journey:\n{done.stdout[-3000:]}")
    return f"{passed.group(1)} journey from sign-up to the door"
