"""The runner adds up the counts of its steps, runs them side by side, and prints its progress."""

import sys
import threading

import pytest

import lanes
import parts
from lanes import Runner, Step, count_closing_line


def script(text, suite="suite", name="", **env):
    return Step(suite, [sys.executable, "-c", text], count_closing_line, env, name)


def passes(n, **more):
    return script(f"print('{n} passed, 0 failed')", **more)


@pytest.fixture
def runner(monkeypatch, tmp_path):
    monkeypatch.setattr(lanes, "LOGS", tmp_path)
    return Runner({})


def test_the_steps_of_a_suite_are_reported_on_one_line(runner, capsys):
    assert runner.run([passes(2, name="a"), passes(3, name="b"), passes(1, suite="other")], n_lanes=2)
    lines = sorted(capsys.readouterr().out.splitlines())
    assert [line.rpartition(" (")[0] for line in lines] == ["ok      other: 1 passed", "ok      suite: 5 passed"]
    assert (runner.passed, runner.failed) == (6, 0)


@pytest.mark.parametrize("text, failed", [
    ("print('1 passed, 2 failed')", 2), ("print('1 passed, 0 failed'); raise SystemExit(3)", 1),
    ("import time; print('begun', flush=True); time.sleep(60)", 1)])
def test_a_failed_step_is_printed_and_counted(runner, capsys, monkeypatch, text, failed):
    monkeypatch.setattr(lanes, "STEP_SECONDS", 2)
    assert not runner.run([passes(4, name="a"), script(text, name="b")])
    shown = capsys.readouterr().out
    assert "FAILED  suite b:" in shown and runner.failed == failed
    assert ("too slow: ended" in shown) == ("sleep" in text)


def test_a_slow_step_gets_sigterm_before_sigkill(runner, capsys, monkeypatch):
    monkeypatch.setattr(lanes, "STEP_SECONDS", 2)
    monkeypatch.setattr(lanes, "END_SECONDS", 1)
    catches = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: print('tidy', flush=True))\n"
    assert not runner.run([script(catches + "while True: time.sleep(0.1)")])
    shown = capsys.readouterr().out
    assert "tidy" in shown and "too slow: ended" in shown


def test_the_longest_step_begins_first_and_lanes_run_side_by_side(runner, tmp_path):
    meet = f"import os, time; open({str(tmp_path)!r} + '/' + os.environ['ME'], 'w')\n" \
           f"while not os.path.exists({str(tmp_path)!r} + '/' + os.environ['OTHER']): time.sleep(0.01)\n" \
           "print('1 passed, 0 failed')"
    runner.expected = {"suite last": 1, "suite a": 3, "suite b": 2}
    began = []
    following = runner._next
    runner._next = lambda: began.append(following()) or began[-1]
    assert runner.run([passes(1, name="last"), script(meet, name="a", ME="1", OTHER="2"),
                       script(meet, name="b", ME="2", OTHER="1")], n_lanes=2)
    assert [step.name for step in began if step] == ["a", "b", "last"]


def test_the_progress_names_the_running_steps(runner, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(lanes, "PROGRESS_SECONDS", 0.05)
    wait = f"import os, time\nwhile not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(0.01)"
    thread = threading.Thread(target=runner.run, args=([passes(1, name="a"), script(wait, name="b")],))
    thread.start()
    shown = ""
    while "1 of 2 steps done; running: suite b (" not in shown:
        assert thread.is_alive()
        shown += capsys.readouterr().out
    (tmp_path / "go").touch()
    thread.join()


FILES = {"long.py": {"a"}, "middle.py": {"a"}, "short.py": {"b"}, "new.py": set(), "tiny.py": {"a"}}
SECONDS = {"long.py": 100, "middle.py": 50, "short.py": 40, "tiny.py": 1}


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_each_file_is_in_one_part(n):
    found = parts.divide(FILES, SECONDS, n)
    assert len(found) == n and sorted(file for part in found for file in part) == sorted(FILES)


def test_parts_have_the_same_duration():
    assert parts.divide(FILES, SECONDS, 2) == [["long.py", "tiny.py"], ["middle.py", "new.py", "short.py"]]


def test_a_written_table_is_read_back(tmp_path):
    parts.write_seconds(tmp_path / "t", {"b": 2.4, "a": 10, "c": 0.3})
    assert parts.read_seconds(tmp_path / "t") == {"a": 10, "b": 2}
    assert parts.read_seconds(tmp_path / "none") == {}


@pytest.mark.parametrize("n_lanes, most", [(3, 2), (1, 1)])
def test_a_step_of_two_lanes_leaves_fewer_for_others(runner, tmp_path, n_lanes, most):
    """Each step counts the steps that run beside it by their files."""
    text = ("import os, pathlib, time; here = pathlib.Path(os.environ['HERE']); me = here / os.environ['ME']\n"
            "me.touch(); time.sleep(0.3); n = len(list(here.glob('*.run')))\n"
            "(here / (me.stem + '.n')).write_text(str(n)); time.sleep(0.2); me.unlink(); print('1 passed, 0 failed')")
    steps = [script(text, name=name, HERE=str(tmp_path), ME=f"{name}.run") for name in "abcd"]
    large = lanes.Step("suite", [sys.executable, "-c", text], count_closing_line,
                       {"HERE": str(tmp_path), "ME": "large.run"}, "large", lanes=2)
    runner.expected = {"suite large": 2}
    assert runner.run([*steps, large], n_lanes)
    assert int((tmp_path / "large.n").read_text()) <= most
    assert runner.passed == 5
