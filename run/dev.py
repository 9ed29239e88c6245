#!/usr/bin/python3
"""`make dev`: builds the shop and runs it in the foreground. After a change of the sources it builds again, restarts the
pools whose programs changed, and reloads nginx if nginx/ or the routes changed. If the build fails, the running
programs stay as they are. Ctrl-C ends the shop.
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
    """{path: time of its last change} of the watched files, without editors' temporary files."""
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
    """Paths that are new, changed or removed."""
    return sorted(dict(before.items() ^ after.items()))


def stable(before):
    """Waits until the files stop changing, and returns them: an editor or git may write several."""
    while True:
        time.sleep(POLL_SECONDS)
        after = files()
        if after == before:
            return after
        before = after


def build():
    """Whether the build succeeded. VERSION is fixed: the version from git changes with the first edit, and would change
    every program."""
    return subprocess.run(["make", "--no-print-directory", "-s", f"-j{os.cpu_count() or 1}", f"BUILD={BUILD}",
                           "VERSION=dev", "build"], cwd=ROOT, stdin=subprocess.DEVNULL,
                          check=False).returncode == 0


def pools():
    """The services: each is a folder with a main()."""
    return sorted(path.parent.name for path in ROOT.glob("fcgi/*/main.c"))


def services():
    """The names of the services in the present table."""
    return [row["name"] for row in service_table.read(service_table.TABLE.read_text(encoding="utf-8"))]


def programs():
    """{pool: time of its program}"""
    return {name: (BUILT / "bin" / name).stat().st_mtime_ns for name in pools()}


def pages(sources):
    """The input of nginx's configuration and pages: the templates, the routes and the API's description."""
    routes = [subprocess.run([BUILT / "bin" / name, "--routes"], stdout=subprocess.PIPE, check=False).stdout
              for name in pools()]
    templates = {path: made for path, made in sources.items() if path.startswith("nginx/")}
    return templates, routes, (BUILT / "openapi.json").read_bytes()


def shop(*words):
    return subprocess.run([SHOP, *words], cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode == 0


class Running:
    """The programs and pages that the running shop uses. If a build fails half-way, the next successful one applies its
    changes."""

    def __init__(self, sources):
        self.programs, self.pages = programs(), pages(sources)

    def restart(self):
        """Restarts the pools whose programs changed. Returns their names, and whether the restart succeeded."""
        now = programs()
        names = [name for name in now if now[name] != self.programs.get(name)]
        self.programs = now
        return names, not names or shop("restart", *names)

    def reload(self, sources):
        """Reloads nginx if its configuration or pages changed. Returns the same kind of result."""
        now = pages(sources)
        if now == self.pages:
            return [], True
        good = shop("reload")
        if good:
            self.pages = now
        return ["nginx"], good


def refresh(running, changed, sources):
    """Applies changes to the running shop."""
    began = time.monotonic()
    say(", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "") + " changed")
    if not build():
        say("not built: the programs stay as they are")
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
    """Applies changes until the shop ends. `seen`: the files that it was built from."""
    running = Running(seen)
    run_dir = ROOT / (os.environ.get("RUN_DIR") or ".run")
    since, ready = time.time() - 1, False
    while process.poll() is None:
        time.sleep(POLL_SECONDS)
        ready = ready or is_ready(run_dir, since)
        if not ready or files() == seen:
            continue
        now = stable(files())
        refresh(running, changes(seen, now), now)
        seen = now
    return process.returncode


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seen = files()
    say("building")
    if not build():
        return 1
    # The kernel ends it when this program dies for any reason.
    process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", SHOP, "run"], cwd=ROOT)
    try:
        return watch(process, seen)
    except KeyboardInterrupt:
        # After Ctrl-C it has the signal already; after a signal to this program alone it has not.
        process.terminate()
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
