"""Messages of a start: its progress and its errors."""

import contextlib
import os
import shlex
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from instance import ROOT, Shop, wait_until

pytestmark = pytest.mark.once  # tests of the scripts, which are the same for each build

SHOP = ROOT / "run" / "shop.sh"


def shell(command, **env):
    return subprocess.run(["bash", "-c", command], env={**os.environ, **env}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)


def test_status_survives_a_closed_pipe(shop):
    for reader in ("head -n 1", "true"):
        result = shell(f"bash {shlex.quote(str(SHOP))} status | {reader}; echo ${{PIPESTATUS[0]}}", **shop.env)
        lines = result.stdout.splitlines()
        assert lines[-1] == "0" and len(lines) <= 2, result.stdout


def test_a_low_limit_of_open_files_is_reported_without_an_older_log(tmp_path):
    (tmp_path / "log").mkdir()
    for name in ("supervisord.log", "supervisord.out"):
        (tmp_path / "log" / name).write_text("a line of another run\n")
    shop = Shop("files", RUN_DIR=str(tmp_path))
    drop = "setpriv --bounding-set -sys_resource --inh-caps -all" if os.geteuid() == 0 else ""
    result = shell(f"ulimit -n 512; {drop} bash {shlex.quote(str(SHOP))} up", **shop.env)
    assert result.returncode == 1, result.stdout
    assert "512 files" in result.stdout and "another run" not in result.stdout, result.stdout


def processes_with(variable):
    """The processes with a variable in their environment, which distinguishes them from those of other programs."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            found += [int(entry.parent.name)] * (variable.encode() in entry.read_bytes())
    return found


def test_a_long_step_prints_progress_every_three_seconds():
    mark = f"PROGRESS_TEST={os.urandom(8).hex()}"
    result = subprocess.run(["env", mark, ROOT / "run" / "progress.sh", "counting", "sleep", "3.5"], text=True,
                            timeout=30, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
    assert result.stdout == "counting …\n… still counting (3 s)\n"
    assert not processes_with(mark)


def test_a_failed_step_returns_its_exit_status():
    result = shell(f"{shlex.quote(str(ROOT / 'run' / 'progress.sh'))} counting false")
    assert (result.returncode, result.stdout) == (1, "counting …\n")


def test_up_reports_settings_that_differ_from_those_of_the_running_shop(shop):
    for given in ({"RATE_LIMIT": "off", "OTP_CODE": "831047"}, {"PUBLIC_URL": "http://localhost:8080"}):
        result = shell(f"bash {shlex.quote(str(SHOP))} up", **{**shop.env, **given})
        assert result.returncode == 1, result.stdout
        assert f"other settings ({' '.join(sorted(given))})" in result.stdout, result.stdout
        assert "make down" in result.stdout, result.stdout
        assert not any(value in result.stdout for value in given.values()), result.stdout
    # A default that is given explicitly does not differ.
    result = shell(f"bash {shlex.quote(str(SHOP))} up", **{**shop.env, "OTP_CODE": "1234"})
    assert result.returncode == 0 and "already running" in result.stdout, result.stdout
    kept = (shop.run_dir / "settings").read_text()
    assert "JWT_SECRET " in kept and shop.secret not in kept and "1234\n" not in kept


def test_wrong_settings_of_the_runner_and_of_the_services_are_reported_together(tmp_path):
    result = Shop("wrong", RUN_DIR=str(tmp_path), RATE_LIMIT="x", DELIVERY_STEP_SECONDS="0",
                  JWT_SECRET="short").script("up")
    assert result.returncode == 1, result.stdout
    lines = [line for line in result.stdout.splitlines() if line]
    assert sorted(line.replace("=", " ").replace(":", " ").split()[0] for line in lines) == [
        "DELIVERY_STEP_SECONDS", "JWT_SECRET", "RATE_LIMIT"], lines


def test_a_port_in_use_after_the_check_ends_the_start_with_the_reason(tmp_path):
    shop = Shop("late", RUN_DIR=str(tmp_path))
    taken = []

    def take():
        wait_until((tmp_path / "supervisord.pid").exists, 60, "the supervisor starts")
        taken.append(socket.create_server(("127.0.0.1", shop.ports["user"])))

    thread = threading.Thread(target=take)
    thread.start()
    result = shop.script("up")
    thread.join()
    taken[0].close()
    assert result.returncode == 1, result.stdout
    assert "nginx (nginx) ended" in result.stdout and "another program took a port" in result.stdout, result.stdout
    assert f":{shop.ports['user']} failed" in result.stdout and "readyz" not in result.stdout, result.stdout


def test_a_failed_seed_prints_only_its_own_log(tmp_path):
    (tmp_path / "products.json").write_text("{")
    result = Shop("seedless", RUN_DIR=str(tmp_path / "run"), SEED_DATA=str(tmp_path / "products.json")).script("up")
    assert result.returncode == 1, result.stdout
    assert "can't be seeded" in result.stdout and "seed.log" in result.stdout, result.stdout
    assert "mongod.log" not in result.stdout, result.stdout


def test_a_long_list_of_addresses_is_read_without_a_pipe_error(tmp_path):
    bind = ",".join(f"127.0.0.{n}" for n in range(1, 200))
    result = shell(f"trap '' PIPE; for i in 1 2 3 4 5; do bash {shlex.quote(str(SHOP))} settings >/dev/null; done",
                   RUN_DIR=str(tmp_path), BIND=bind)
    assert result.stdout == "", result.stdout


def test_warnings_of_the_seed_are_printed_at_the_end(tmp_path):
    (tmp_path / "log").mkdir()
    left = "migration.document id=2026-11-x document=1 outcome=it has two names"
    (tmp_path / "log" / "seed.log").write_text(
        f'{{"time":"t","level":"warning","service":"seed","msg":"migration.document","id":"2026-11-x",'
        '"document":"1","outcome":"it has two names"}\n' * 25
        + "seed: 12 indexes\nseed: migrations of user_db left 25 documents as they were: see docs/operations.md, Migrations\n")
    result = shell(f"cd {shlex.quote(str(ROOT / 'run'))}; . ./common.sh; . ./database.sh; print_seed_warnings",
                   RUN_DIR=str(tmp_path))
    lines = result.stdout.splitlines()
    assert lines[1:21] == [f"  {left}"] * 20 and lines[21:] == ["  … and 6 more"], result.stdout


def test_cdpath_does_not_affect_the_scripts():
    result = shell(f"cd {shlex.quote(str(ROOT))} && bash run/shop.sh settings && nginx/render.sh", CDPATH=f".:{ROOT}")
    assert "GATEWAY_PORT" in result.stdout and "No such file" not in result.stdout, result.stdout


def test_files_of_a_read_only_clone_are_rewritten(tmp_path):
    """As a user without root's privileges: root ignores file modes."""
    shutil.copytree(ROOT / "nginx", tmp_path / "nginx")
    (tmp_path / "out").mkdir()
    (tmp_path / "openapi.json").write_text("{}")
    done = shell(f"cd {shlex.quote(str(tmp_path))} && chmod -R a-w nginx && chmod 755 . && chown -R 65534 . && "
                 "setpriv --reuid 65534 --regid 65534 --clear-groups sh -ec "
                 "'for n in 1 2; do nginx/files.sh out/files openapi.json nginx/www/docs; done; cat out/files/index.html'"
                 if os.geteuid() == 0 else
                 f"cd {shlex.quote(str(tmp_path))} && chmod -R a-w nginx && for n in 1 2; do "
                 "nginx/files.sh out/files openapi.json nginx/www/docs || exit; done; cat out/files/index.html")
    assert "<!doctype html>" in done.stdout, done


def test_a_known_reason_of_a_failed_start_names_the_folder(tmp_path):
    log = tmp_path / "seed.log"
    stored = "replica_set.waiting"
    assert stored in (ROOT / "seed" / "db_replica_set.c").read_text()
    for line, reason in (("No space left on device", "the disk of /tmp/a&b is full"),
                         (f'{{"msg":"{stored}","host":"127.0.0.1:1","stored_address":"127.0.0.1:2"}}', "the port in /tmp/a&b/mongo_port)")):
        log.write_text(line)
        result = shell(f"cd {shlex.quote(str(ROOT / 'run'))}; . ./common.sh; . ./steps.sh; . ./database.sh; "
                       f"known_reason {shlex.quote(str(log))}", RUN_DIR="/tmp/a&b")
        assert reason in result.stdout, result


# `find` lists one kind of links before the launcher changes to its folder and executes nginx, the other after.
LAUNCHED_MEANWHILE = """
find() {
	local -a paths=() options=()
	local word
	for word; do [[ $word == /proc/* ]] && paths+=("$word") || options+=("$word"); done
	command find "${paths[@]:0:${#paths[@]}/2}" "${options[@]}"
	touch go
	until [[ $(readlink "/proc/$LAUNCHER/exe") == */nginx ]]; do sleep 0.01; done
	command find "${paths[@]:${#paths[@]}/2}" "${options[@]}"
}
. run/common.sh
cd "$RUN_DIR"
mkdir internal
cp "$(type -P sleep)" nginx
(until [[ -e go ]]; do sleep 0.01; done; cd internal; exec ../nginx 60) >/dev/null 2>&1 &
export LAUNCHER=$!
export -f find
RUN_USERS=()
echo "meanwhile: $(processes_in "$RUN_DIR" nginx)"
unset -f find
[[ $(processes_in "$RUN_DIR/internal" nginx) == "$LAUNCHER" ]] && echo found
kill "$LAUNCHER"
"""


def test_a_program_is_not_attributed_to_the_folder_of_its_launch(tmp_path):
    result = shell(f"cd {shlex.quote(str(ROOT))}; {LAUNCHED_MEANWHILE}", RUN_DIR=str(tmp_path))
    assert result.stdout == "meanwhile: \nfound\n", result.stdout


PROGRAMS = """
[unix_http_server]
file={0}/socket
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
nodaemon=true
logfile={0}/log
pidfile={0}/pid
[program:good]
command=sleep 60
autostart=false
[program:bad]
command=false
autostart=false
startretries=0
"""


def test_programs_that_do_not_start_are_reported(tmp_path):
    (tmp_path / "conf").write_text(PROGRAMS.format(tmp_path))
    supervisor = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "supervisord", "-c", tmp_path / "conf"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until((tmp_path / "socket").exists, 10, "the supervisor starts")
        for names, printed in ((["good", "bad", "unknown"], "bad\nunknown\n"), (["good"], "")):
            result = shell(shlex.join(map(str, [ROOT / "run" / "start.py", tmp_path / "socket", *names])))
            assert (result.returncode, result.stdout) == (int(bool(printed)), printed)
        result = shell(shlex.join(map(str, [ROOT / "run" / "start.py", tmp_path / "none", "good"])))
        assert (result.returncode, result.stdout) == (1, "good\n")
    finally:
        supervisor.terminate()
        supervisor.wait()
