"""The generated tables of docs/: the check reports edits, and sources from which no table can be made."""

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "run"))
import document_tables  # noqa: E402

EDITED = ("docs/api.md", "docs/settings.md", "docs/meanings.tsv", "lib/base/err.h")


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A copy of the tables' sources, beside the programs that print the rest."""
    for name in EDITED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "nginx/snippets", tmp_path / "nginx/snippets")
    others = [path.relative_to(ROOT) for path in (ROOT / "nginx").iterdir() if path.name != "snippets"]
    for name in ("docker-compose.yml", "k8s", "run", "services.tsv", *others):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.setattr(document_tables, "ROOT", tmp_path)
    assert changed(tmp_path) == set()
    return tmp_path


def changed(root):
    return {str(path.relative_to(root)) for path, text in document_tables.renewed().items()
            if text != path.read_text(encoding="utf-8")}


def replace(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("name, old, new", [
    ("docs/api.md", "| `POST /login` | public |", "| `POST /login` | customer |"),
    ("docs/api.md", "| `Credentials`, `X-Device` |", "| `Credentials` |"),
    ("docs/api.md", "| `Credentials` | `email`, `password` |\n", ""),
    ("docs/api.md", "| `out_of_stock` |", "| `sold_out` |"),
    ("docs/api.md", "| 30r/m | 20 |", "| 30r/m | 30 |"),
    ("docs/settings.md", "| `8080` |", "| `8088` |"),
    ("docs/settings.md", "| product | Compose, Kubernetes |", "| product | Compose |"),
])
def test_an_edit_of_a_table_is_reported(tree, name, old, new):
    replace(tree / name, old, new)
    assert changed(tree) == {name}


def test_text_around_the_tables_may_change(tree):
    replace(tree / "docs/api.md", "# The API\n", "# Calls\n")
    assert changed(tree) == set()


@pytest.mark.parametrize("name, old, new, page", [
    ("docs/meanings.tsv", "API_DOCS\t", "API_DOCS\tpages: ", "docs/settings.md"),
    ("lib/base/err.h", '"Out of stock"', '"Sold out"', "docs/api.md"),
])
def test_a_change_of_a_source_is_reported_with_its_page(tree, name, old, new, page):
    replace(tree / name, old, new)
    assert changed(tree) == {page}


@pytest.mark.parametrize("name, old, new, problem", [
    ("docs/meanings.tsv", "API_DOCS\t", "API_PAGES\t", "has no row for API_DOCS"),
    ("docs/meanings.tsv", "API_DOCS\t", "TEAPOT\tshort and stout\nAPI_DOCS\t", "nothing has the names TEAPOT"),
    ("docs/meanings.tsv", "GET /metrics\t", "GET /measures\t", "has no row for GET /metrics"),
    ("docs/api.md", "<!-- table errors -->", "<!-- table of errors -->", "no page has the tables .*errors"),
    ("lib/base/err.h", "\tX(ERR_OUT_OF_STOCK, ", "\tX(ERR_OUT_OF_STOCK , ", "rows of another form"),
])
def test_a_source_without_its_counterpart_is_refused(tree, name, old, new, problem):
    replace(tree / name, old, new)
    with pytest.raises(document_tables.Wrong, match=problem):
        document_tables.renewed()


@pytest.mark.parametrize("directive, problem", [
    ("limit_req_zone ", "without a rate or a burst: {'login'}"),
    ("limit_req ", "without a rate or a burst: {'login'}"),
    ("limit_req", "a class of calls without a zone of nginx: {'login'}"),
])
def test_a_class_without_its_limit_is_refused(tree, directive, problem):
    for path in (tree / "nginx/snippets").glob("*.in"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not (directive in line and "zone=login" in line)), encoding="utf-8")
    with pytest.raises(document_tables.Wrong, match=problem):
        document_tables.renewed()
