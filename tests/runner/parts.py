"""Divides the tests of the API into parts that run side by side, each with systems of its own, and keeps
the seconds of steps and files: the longest begins first."""

from pathlib import Path

TABLE = Path(__file__).resolve().parent / "seconds.tsv"
UNKNOWN_SECONDS = 5  # of a file that is not in the table
SYSTEM_SECONDS = 6   # a start and an end of a system


def read_seconds(path=TABLE):
    """{name: seconds} of a table; empty if it does not exist."""
    if not path.exists():
        return {}
    rows = (line.split("\t") for line in path.read_text().splitlines())
    return {name: float(seconds) for name, seconds in rows}


def write_seconds(path, seconds):
    path.write_text("".join(f"{name}\t{value:.0f}\n" for name, value in sorted(seconds.items()) if value >= 1))


def divide(files, seconds, n):
    """Divides {file: systems that its tests use} into `n` lists of files. The longest file comes first, into
    the part that would end first with it: a system that the part already has costs nothing."""
    parts = [([], set()) for _ in range(n)]
    loads = [0] * n

    def took(file):
        return seconds.get(file, UNKNOWN_SECONDS)

    for file in sorted(files, key=lambda file: (-took(file), file)):
        ends = [load + took(file) + SYSTEM_SECONDS * len(files[file] - systems)
                for load, (_, systems) in zip(loads, parts)]
        best = ends.index(min(ends))
        loads[best] = ends[best]
        parts[best][0].append(file)
        parts[best][1].update(files[file])
    return [sorted(chosen) for chosen, _ in parts]
