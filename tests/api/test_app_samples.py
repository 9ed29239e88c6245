"""The samples of the app's tests equal the present answers of the shop."""

import pytest

from app_samples import FOLDER, as_text, record, record_outage
from journey import wait_for_recovery

STORED = sorted(path.name for path in FOLDER.iterdir())
OUTAGE = "error_unavailable.json"


@pytest.fixture(scope="module")
def recorded(shop):
    return record(shop)


def stored(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def test_each_call_has_its_sample(recorded):
    assert sorted([*recorded, OUTAGE]) == STORED


@pytest.mark.parametrize("name", [name for name in STORED if name != OUTAGE])
def test_a_sample_equals_the_present_answer(recorded, name):
    assert as_text(recorded[name]) == stored(name), "`make app-samples` records it anew"


def test_the_outage_sample_equals_the_present_answer(spare, milk):
    found = record_outage(spare)
    wait_for_recovery(spare, milk)
    assert {name: as_text(sample) for name, sample in found.items()} == {OUTAGE: stored(OUTAGE)}
