"""The storefront's journey in a real browser, against a shop that runs somewhere else."""

import json
import os
import re
import subprocess

from cluster import ROOT, Failed, run

BROWSER = ROOT / "tests" / "browser"
JOURNEY = "from sign-up to DELIVERED"


def journey(url):
    """From sign-up to the door, live. Deliveries have to move by themselves there, every 3 s or so."""
    run(ROOT / "run" / "setup.sh", "browser")
    # One shop in both of the tests' roles; what only a local run's files tell isn't asked for.
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
