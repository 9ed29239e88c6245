"""The generated clients, and the shop that they call."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))

import generators
from instance import DEMO_PASSWORD, Shop, check_logs


@pytest.fixture(scope="session")
def generated():
    return generators.generate()


@pytest.fixture(scope="session")
def compiled(generated):
    return generators.compile_typescript()


@pytest.fixture(scope="session")
def shop():
    made = Shop("clients")
    made.up()
    yield made
    made.down()
    check_logs(made)


@pytest.fixture(scope="session")
def url(shop):
    return f"http://localhost:{shop.ports['gateway']}"


@pytest.fixture(scope="session")
def demo_password():
    return DEMO_PASSWORD
