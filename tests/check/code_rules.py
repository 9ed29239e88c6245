"""Rules of the C sources. Each function returns violations as lines."""

import re
import shlex
import subprocess

# The banned function, and its replacement.
BANNED = {
    "sprintf": "snprintf", "vsprintf": "vsnprintf", "strcpy": "snprintf", "strcat": "snprintf",
    "strncpy": "snprintf", "gets": "fgets", "strtok": "strcspn", "atoi": "strtoll with a check",
    "atol": "strtoll with a check", "alloca": "the arena", "system": "nothing",
    "rand": "randombytes_buf", "gmtime": "gmtime_r", "localtime": "gmtime_r",
}
# Banned in programs only: tests may use predictable ids.
BANNED_IN_PROGRAMS = {"bson_oid_init": "id_new"}
FUNCTION_LINES = 60
FILE_LINES = 400
TEST_FILE_LINES = 520  # tables of test cases are long


def text_of(path):
    """A source with blanked comments and strings, so that only code is checked."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, path.read_text(), flags=re.S)


def banned(root, names):
    pattern = re.compile(r"\b(" + "|".join(BANNED | BANNED_IN_PROGRAMS) + r")\s*\(")
    return [f"{name}:{number}: {found.group(1)}: use {(BANNED | BANNED_IN_PROGRAMS)[found.group(1)]}"
            for name in names
            for number, line in enumerate(text_of(root / name).split("\n"), 1)
            if (found := pattern.search(line))
            and (found.group(1) in BANNED or not name.startswith("tests/"))]


def functions(lines):
    """(first line, number of lines) of each function: from its brace in the first column on."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            yield start, number - start - 1
            start = None


def sizes(root, names):
    faults = []
    for name in names:
        lines = (root / name).read_text().split("\n")
        most = TEST_FILE_LINES if name.startswith("tests/") else FILE_LINES
        if len(lines) > most + 1:
            faults.append(f"{name}: {len(lines) - 1} lines, {most} at the most")
        faults += [f"{name}:{start}: a function of {n} lines, {FUNCTION_LINES} at the most"
                   for start, n in functions(lines) if n > FUNCTION_LINES]
    return faults


def headers(root, names):
    """Headers that don't compile by themselves."""
    flags = subprocess.run(["make", "-s", "print-flags"], cwd=root, stdout=subprocess.PIPE,
                           text=True, check=True).stdout
    faults = []
    for name in names:
        done = subprocess.run([*shlex.split(flags), "-fsyntax-only", "-x", "c", "-"],
                              input=f'#include "{name}"\n', cwd=root, stderr=subprocess.PIPE,
                              text=True, check=False)
        if done.returncode:
            faults.append(f"{name}: {done.stderr.strip().splitlines()[0]}")
    return faults


def no_switch(root, builds, switch=b"FAILPOINT"):
    """Release binaries that contain the tests' failpoints (lib/base/failpoint.h)."""
    return [f"{path.relative_to(root)} has the switch {switch.decode()}"
            for build in builds for path in sorted((root / "build" / build / "bin").glob("*"))
            if switch in path.read_bytes()]


# lib/ is rooms. A file includes headers of its own room and of those before it; in lib/ no others.
ROOMS = ("base", "json", "obs", "db", "http", "service")
INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)


def rooms(root, names):
    """Includes in lib/ of a later room, or from outside of lib/."""
    room_of = {name.split("/")[-1]: name.split("/")[1] for name in names
               if name.startswith("lib/") and name.count("/") == 2}
    faults = [f"{name}: not in a room of lib/ ({', '.join(ROOMS)})" for name in names
              if name.startswith("lib/") and name.split("/")[1] not in ROOMS]
    for name in names:
        own = name.split("/")[1]
        if not name.startswith("lib/") or own not in ROOMS:
            continue
        faults += [f"{name}: includes {header} of {room_of.get(header, 'no room')}"
                   for header in INCLUDE.findall((root / name).read_text())
                   if header not in room_of
                   or ROOMS.index(room_of[header]) > ROOMS.index(own)]
    return faults


LOGGED = re.compile(r'(?<!void )\blog_event\(([^;]*?)"((?:[^"\\]|"\s*")*)"', re.S)
EVENT = re.compile(r"[a-z_]+(\.[a-z_]+)+( [a-z_]+=%(s|\.\*s|d|u|ld|lld|zu))*")


def events(root, names):
    """Log events whose text is not an identifier with fields (lib/obs/log.h)."""
    return [f"{name}: log_event: {text}" for name in names if not name.startswith("tests/")
            for _, found in LOGGED.findall((root / name).read_text())
            if not EVENT.fullmatch(text := re.sub(r'"\s*"', "", found))]


# All service folders have the same kinds of files: ARCHITECTURE.md.
FOR_STORES = {"req.h", "pipeline.h", "rest.h"}  # headers that no store includes
INTERNAL_PATH = re.compile(r'"(/internal/[^"]*)"')
CONTRACTS = "fcgi/contracts"


def file_faults(name, text, names):
    """Violations of the pattern in one file of a service's folder, or of the contracts."""
    stem, ending = name.rsplit(".", 1)
    includes = {header.split("/")[-1] for header in INCLUDE.findall(text)}
    faults = [] if text.startswith("/*") else ["does not begin with a comment that says what it is for"]
    if ending == "c" and not stem.endswith("/main") and f"{stem}.h" not in names:
        faults.append("has no header of its name")
    if stem.endswith("_store"):
        faults += [f"a store includes {header}" for header in sorted(includes & FOR_STORES)]
    elif "req.h" in includes and not stem.endswith("_api"):
        faults.append("includes req.h and is not named *_api")
    if not name.startswith(CONTRACTS):
        faults += [f"writes the path {path}: a contract has it" for path in INTERNAL_PATH.findall(text)]
    return faults


def service_folders(root, names):
    """Files that break the pattern of a service's folder."""
    own = [name for name in names if name.startswith("fcgi/")]
    folders = {name.rsplit("/", 1)[0] for name in own} - {CONTRACTS}
    faults = [f"{folder}: has no {file}" for folder in sorted(folders)
              for file in ("main.c", "service.c") if f"{folder}/{file}" not in own]
    return faults + [f"{name}: {fault}" for name in own
                     for fault in file_faults(name, (root / name).read_text(), set(own))]


def streams_contract(root):
    """Names in the contract of the streams that nginx does not use. Internal paths are made of the route tables."""
    nginx = (root / "nginx/streams.conf.in").read_text()
    texts = re.findall(r'^#define STREAM_\w+ +"([^"]+)"', (root / CONTRACTS / "streams.h").read_text(), re.M)
    return [f"nginx/streams.conf.in has no {text}" for text in texts
            if text not in nginx and not text.startswith("/internal/")] or (
        [] if texts else [f"{CONTRACTS}/streams.h: no names"])


def one_place(root, names):
    """Only the worker includes libfcgi."""
    users = [name for name in names if "#include <fcgiapp.h>" in (root / name).read_text()]
    return [] if users == ["lib/service/worker.c"] else [f"included by {', '.join(users)}"]
