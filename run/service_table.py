"""services.tsv, the table of services: ROWS, a dict for each service with the columns' names as keys."""

from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "services.tsv"


def read(text):
    """The rows of a table's text."""
    lines = text.splitlines()
    columns = next(line for line in lines if line.startswith("# name\t")).removeprefix("# ").split("\t")
    return [dict(zip(columns, line.split("\t"), strict=True))
            for line in lines if line and not line.startswith("#")]


ROWS = read(TABLE.read_text(encoding="utf-8"))
