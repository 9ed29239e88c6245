#!/usr/bin/python3
"""Fuzz targets: `run.py [NAME...]` runs the named ones (json, query, …), or all.

SECONDS=30 is the time of each. A target starts from the inputs in corpus/NAME and keeps new ones in
build/fuzz/found/NAME. An input on which a property does not hold, or that a sanitizer reports, is kept in
.run/fuzz; the output ends with its path and the command that repeats it.

`run.py keep [NAME...]` replaces corpus/NAME by the smallest set of inputs that covers the same code.
"""

import concurrent.futures
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
BUILT = ROOT / "build" / "fuzz"
PROGRAMS = BUILT / "tests" / "fuzz"
FOUND = BUILT / "found"
FAULTS = ROOT / ".run" / "fuzz"
AT_A_TIME = 2
SHOWN_LINES = 30
CORPUS_MAX = 100  # files of a target
SYMBOLS = "external_symbolizer_path=/usr/bin/addr2line"  # llvm's own is a large package
ENVIRONMENT = {"UBSAN_OPTIONS": f"print_stacktrace=1:{SYMBOLS}",
               "ASAN_OPTIONS": f"detect_stack_use_after_return=1:quarantine_size_mb=64:{SYMBOLS}"}
FAULT = re.compile("does not hold|runtime error|ERROR: ")
# Maximum bytes of an input: longer ones are slower, and cover no other code.
LENGTHS = {"json": 2048, "money": 96, "probe": 2048, "query": 512, "shape": 1024, "text": 512,
           "token": 1024}


def names():
    return sorted(path.stem.removeprefix("fuzz_") for path in HERE.glob("fuzz_*.c"))


def program_of(name):
    return PROGRAMS / f"fuzz_{name}"


def options(name):
    given = [f"-max_len={LENGTHS[name]}", "-timeout=10", "-rss_limit_mb=1024"]
    words = HERE / f"{name}.dict"
    return given + ([f"-dict={words}"] if words.exists() else [])


def run(words):
    """(output, exit code)"""
    done = subprocess.run(words, cwd=ROOT, env={**os.environ, **ENVIRONMENT}, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    return done.stdout, done.returncode


def new_folder(path):
    path.mkdir(parents=True, exist_ok=True)
    return path


def fuzz(program, name, seconds, found=FOUND, faults=FAULTS):
    """Runs one target; returns lines for people, and whether all properties held."""
    folder = new_folder(faults / name)
    before = set(folder.iterdir())
    output, code = run([program, f"-max_total_time={seconds}", "-print_final_stats=1",
                        f"-artifact_prefix={folder}/", *options(name), new_folder(found / name),
                        HERE / "corpus" / name])
    runs = [line.split()[-1] for line in output.splitlines() if "number_of_executed_units" in line]
    if code == 0:
        return [f"ok      {name}: {runs[-1] if runs else '0'} inputs"], True
    printed = output.splitlines()
    fault = next((at for at, line in enumerate(printed) if FAULT.search(line)), -SHOWN_LINES)
    lines = [f"FAILED  {name}:", *printed[fault:][:SHOWN_LINES]]
    for path in sorted(set(folder.iterdir()) - before):
        lines += [f"input:  {path}", f"repeat: {shlex.quote(str(program))} {shlex.quote(str(path))}"]
    return lines, False


def keep(name):
    """Minimizes the corpus together with the inputs found since."""
    corpus = HERE / "corpus" / name
    with tempfile.TemporaryDirectory() as folder:
        output, code = run([program_of(name), "-set_cover_merge=1", "-use_counters=0", *options(name), folder,
                            new_folder(corpus), new_folder(FOUND / name)])
        kept = list(Path(folder).iterdir())
        if code or len(kept) >= CORPUS_MAX:
            return [f"FAILED  {name}: {len(kept)} inputs", *output.splitlines()[-5:]], False
        shutil.rmtree(corpus)
        shutil.copytree(folder, corpus)
    return [f"ok      {name}: {len(kept)} inputs are kept"], True


def build():
    return subprocess.run(["make", "-s", f"-j{os.cpu_count() or 1}", "BUILD=fuzz", "fuzz-targets"], cwd=ROOT,
                          check=False).returncode == 0


def main():
    words = sys.argv[1:]
    keeping = words[:1] == ["keep"]
    wanted = words[keeping:] or names()
    seconds = int(os.environ.get("SECONDS") or 30)
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        print(f"no such target: {', '.join(unknown)}; there are {', '.join(names())}", file=sys.stderr)
        return 2
    if not build():
        return 1
    work = keep if keeping else lambda name: fuzz(program_of(name), name, seconds)
    passed = 0
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as threads:
        for lines, good in threads.map(work, wanted):
            passed += good
            print("\n".join(lines), flush=True)
    print(f"{passed} passed, {len(wanted) - passed} failed")
    return 0 if passed == len(wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
