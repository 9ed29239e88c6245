"""The smoke script, which needs curl only."""

import subprocess

import pytest

from instance import POOLS, ROOT

pytestmark = pytest.mark.smoke


def run_smoke(*bases):
    return subprocess.run(["bash", ROOT / "tests" / "smoke.sh", *bases], capture_output=True,
                          text=True, timeout=60, check=False)


def test_the_smoke_script_succeeds_on_the_gateway_and_the_published_ports(shop):
    bases = [f"http://127.0.0.1:{shop.ports[name]}" for name in ("gateway", *POOLS)]
    result = run_smoke(*bases)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr
    assert result.stdout.splitlines()[-1].endswith("calls, all as expected")
    for base in bases:
        assert f"GET {base}/" in result.stdout


def test_the_smoke_script_fails_without_a_shop(shop):
    result = run_smoke(f"http://127.0.0.1:{shop.ports['product']}")
    assert result.returncode != 0
    assert "smoke: FAILED at call" in result.stderr
    assert "all as expected" not in result.stdout
