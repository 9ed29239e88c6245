"""What a start says: what it is doing, and what it can't do."""

import os
import shlex
import subprocess

from instance import ROOT, Shop, parents

SHOP = ROOT / "run" / "shop.sh"


def shell(command, **env):
    return subprocess.run(["bash", "-c", command], env={**os.environ, **env}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)


def test_status_survives_a_reader_that_is_gone(shop):
    for reader in ("head -n 1", "true"):
        result = shell(f"bash {shlex.quote(str(SHOP))} status | {reader}; echo ${{PIPESTATUS[0]}}", **shop.env)
        lines = result.stdout.splitlines()
        assert lines[-1] == "0" and len(lines) <= 2, result.stdout


def test_a_limit_of_open_files_is_named_without_the_log_of_another_run(tmp_path):
    (tmp_path / "log").mkdir()
    for name in ("supervisord.log", "supervisord.out"):
        (tmp_path / "log" / name).write_text("a line of another run\n")
    shop = Shop("files", RUN_DIR=str(tmp_path))
    drop = "setpriv --bounding-set -sys_resource --inh-caps -all" if os.geteuid() == 0 else ""
    result = shell(f"ulimit -n 512; {drop} bash {shlex.quote(str(SHOP))} up", **shop.env)
    assert result.returncode == 1, result.stdout
    assert "512 files" in result.stdout and "another run" not in result.stdout, result.stdout


def test_a_step_says_every_three_seconds_that_it_goes_on():
    before = set(parents())
    result = subprocess.run([ROOT / "run" / "progress.sh", "counting", "sleep", "3.5"], text=True, timeout=30,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
    assert result.stdout == "counting …\n… still counting (3 s)\n"
    assert not [pid for pid, parent in parents().items() if pid not in before and parent == 1]


def test_a_step_that_fails_fails():
    result = shell(f"{shlex.quote(str(ROOT / 'run' / 'progress.sh'))} counting false")
    assert (result.returncode, result.stdout) == (1, "counting …\n")
