"""The runner's report of a target."""

import subprocess
import sys

import pytest

import run

# Replaces a target: it writes the file of a failing input as libFuzzer does.
FAULTY = """#!/bin/sh
for word; do case $word in -artifact_prefix=*) printf x >"${word#*=}crash-1" ;; esac; done
echo 'a line before'
echo 'fuzz_json.c:7: the property does not hold: 1 == 2'
exit 77
"""
SOUND = "#!/bin/sh\necho 'stat::number_of_executed_units: 5'\n"


@pytest.fixture
def program(tmp_path):
    def make(text):
        path = tmp_path / "fuzz json"
        path.write_text(text)
        path.chmod(0o755)
        return path
    return make


def test_a_failure_is_printed_with_its_input_and_the_command_that_repeats_it(tmp_path, program):
    target = program(FAULTY)
    lines, good = run.fuzz(target, "json", 1, tmp_path / "found", tmp_path / "faults")
    kept = tmp_path / "faults" / "json" / "crash-1"
    assert not good and kept.read_text() == "x"
    assert lines == ["FAILED  json:", "fuzz_json.c:7: the property does not hold: 1 == 2", f"input:  {kept}",
                     f"repeat: '{target}' {kept}"]


def test_a_passing_target_is_printed_with_its_count(tmp_path, program):
    lines, good = run.fuzz(program(SOUND), "json", 1, tmp_path / "found", tmp_path / "faults")
    assert (lines, good) == (["ok      json: 5 inputs"], True)


def test_an_unknown_name_is_refused_with_the_known_names():
    done = subprocess.run([sys.executable, run.HERE / "run.py", "nonsense"], stderr=subprocess.PIPE, text=True,
                          check=False)
    assert done.returncode == 2 and "json, money" in done.stderr


@pytest.mark.parametrize("name", run.names())
def test_a_target_has_a_length_and_a_small_corpus(name):
    corpus = list((run.HERE / "corpus" / name).iterdir())
    assert name in run.LENGTHS and 0 < len(corpus) < run.CORPUS_MAX
    assert all(path.stat().st_size <= run.LENGTHS[name] for path in corpus)
