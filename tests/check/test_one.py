"""`make one T=NAME` finds tests of every kind by their names."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIND = """import sys
sys.path.insert(0, "tests")
import one
print(one.c_programs(sys.argv[1]), one.python_tests(sys.argv[1]), one.has_scene(sys.argv[1]))"""


@pytest.mark.parametrize("name, found", [
    ("test_json", "[('build/release/tests/unit/lib/json/test_json', '')] [] False"),
    ("test_limits_names_of_object", "[('build/release/tests/unit/lib/json/test_json', "
                                      "'test_limits_names_of_object')] [] False"),
    ("test_stores_every_type", "[('build/release/tests/unit/lib/json/test_shape_bson', 'test_stores_every_type')] [] False"),
    ("test_cart", "[] ['tests/api/test_cart.py'] False"),
    ("test_a_failed_step_returns_its_exit_status", "[] ['tests/api/test_starting.py::test_a_failed_step_returns_its_exit_status'] False"),
    ("categories on a phone|home has", "[] [] True"),
    ("nonsense", "[] [] False"),
])
def test_a_name_is_found(name, found):
    done = subprocess.run([sys.executable, "-c", FIND, name], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
                          env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.stdout.strip() == found


def test_an_unknown_name_is_refused():
    done = subprocess.run([sys.executable, ROOT / "tests" / "one.py", "nonsense"], stderr=subprocess.PIPE, text=True,
                          check=False)
    assert done.returncode == 2 and "no test has the name T=nonsense" in done.stderr
