#!/usr/bin/python3
"""`make dev`: builds the shop and runs it in the foreground. When a source changes, it is built again and the
pools whose programs changed are restarted; when nginx/ or the routes change, nginx is reloaded. With an error of
the compiler the programs go on as they are. Ctrl-C ends it all.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import service_table

ROOT = Path(__file__).resolve().parents[1]
SHOP = ROOT / "run" / "shop.sh"
WATCHED = ("lib", "fcgi", "seed", "openapi", "nginx", "Makefile", "services.tsv")
BUILD = os.environ.get("BUILD") or "release"
BUILT = ROOT / "build" / BUILD
POLL_SECONDS = 0.3


def say(text):
    print(f"dev: {text}", flush=True)


def files():
    """{path: time of its last change} of what is watched, without what editors leave beside it."""
    found = {}
    for name in WATCHED:
        paths = [ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*")
        for path in paths:
            try:
                if path.is_file() and not path.name.startswith((".", "#")) and not path.name.endswith("~"):
                    found[path.relative_to(ROOT).as_posix()] = path.stat().st_mtime_ns
            except OSError:  # it was removed meanwhile
                continue
    return found


def changes(before, after):
    """Paths that are new, changed or gone."""
    return sorted(dict(before.items() ^ after.items()))


def settled(before):
    """The files as soon as they have stopped changing: an editor or git writes several."""
    while True:
        time.sleep(POLL_SECONDS)
        after = files()
        if after == before:
            return after
        before = after


def build():
    """Whether all is built. A version of its own: that of git changes with the first edit, and would change every
    program."""
    return subprocess.run(["make", "--no-print-directory", "-s", f"-j{os.cpu_count() or 1}", f"BUILD={BUILD}",
                           "VERSION=dev", "build"], cwd=ROOT, stdin=subprocess.DEVNULL,
                          check=False).returncode == 0


def pools():
    """The services: each is a folder with a main()."""
    return sorted(path.parent.name for path in ROOT.glob("fcgi/*/main.c"))


def services():
    """Their names, as the table has them now."""
    return [row["name"] for row in service_table.read(service_table.TABLE.read_text(encoding="utf-8"))]


def programs():
    """{pool: time of its program}"""
    return {name: (BUILT / "bin" / name).stat().st_mtime_ns for name in pools()}


def pages(sources):
    """What nginx's configuration and pages are made of: the templates, the routes and the description."""
    routes = [subprocess.run([BUILT / "bin" / name, "--routes"], stdout=subprocess.PIPE, check=False).stdout
              for name in pools()]
    templates = {path: made for path, made in sources.items() if path.startswith("nginx/")}
    return templates, routes, (BUILT / "openapi.json").read_bytes()


def shop(*words):
    return subprocess.run([SHOP, *words], cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode == 0


class Running:
    """What the running shop was made of. Parts of a build that fails later are brought in by the next one."""

    def __init__(self, sources):
        self.programs, self.pages = programs(), pages(sources)

    def restart(self):
        """Restarts the pools whose programs changed; returns their names, and whether all went well."""
        now = programs()
        names = [name for name in now if now[name] != self.programs.get(name)]
        self.programs = now
        return names, not names or shop("restart", *names)

    def reload(self, sources):
        """Reloads nginx if what it serves changed; likewise."""
        now = pages(sources)
        if now == self.pages:
            return [], True
        good = shop("reload")
        if good:
            self.pages = now
        return ["nginx"], good


def refresh(running, changed, sources):
    """Brings changes into the running shop."""
    began = time.monotonic()
    say(", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "") + " changed")
    if not build():
        say("not built: the programs go on as they were")
        return
    names, good = running.restart()
    more, reloaded = running.reload(sources)
    text = ", ".join(names + more) or "nothing"
    say(f"{text} {'restarted' if good and reloaded else 'failed'} ({time.monotonic() - began:.1f} s)")


def is_ready(run_dir, since):
    try:
        return (run_dir / "ready").stat().st_mtime >= since
    except OSError:
        return False


def watch(process, seen):
    """Until the shop ends. `seen`: the files that it was built from."""
    running = Running(seen)
    run_dir = ROOT / (os.environ.get("RUN_DIR") or ".run")
    since, ready = time.time() - 1, False
    while process.poll() is None:
        time.sleep(POLL_SECONDS)
        ready = ready or is_ready(run_dir, since)
        if not ready or files() == seen:
            continue
        now = settled(files())
        refresh(running, changes(seen, now), now)
        seen = now
    return process.returncode


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seen = files()
    say("building")
    if not build():
        return 1
    # It ends with this program, whatever this one dies of.
    process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", SHOP, "run"], cwd=ROOT)
    try:
        return watch(process, seen)
    except KeyboardInterrupt:
        # Ctrl-C has reached it already, a signal to this program alone has not.
        process.terminate()
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
