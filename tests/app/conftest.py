"""Installs the packages of the checks, and parses the app."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
subprocess.run([ROOT / "run" / "setup.sh", "app"], check=True)
sys.path.insert(0, str(ROOT / ".deps" / "app-checks"))

from dart import App  # noqa: E402


@pytest.fixture(scope="session")
def app():
    """The app of this tree."""
    return App(ROOT / "quick_commerce_app")
