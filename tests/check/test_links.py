"""Links in texts to a missing file or heading are found."""

import pytest

import drift


@pytest.mark.parametrize("text, faults", [
    ("[a page](docs/page.md), [a heading](docs/page.md#who-may-call-its), [a folder](docs/), [here](#top)", []),
    ("[elsewhere](https://example.com/none.md) and <https://example.com/none>, <mailto:a@example.com>", []),
    ("```\n[code](none.md)\n```", []),
    ("[gone](none.md)", ["a.md: there is no none.md"]),
    ("[gone](docs/page.md#what)", ["a.md: there is no heading docs/page.md#what"]),
    ("[gone](#what)", ["a.md: there is no heading #what"]),
    ("[a comment is no heading](docs/page.md#a-comment)", ["a.md: there is no heading docs/page.md#a-comment"]),
    ("<img src=\"docs/none.webp\" alt=\"\">", ["a.md: there is no docs/none.webp"]),
    ("<a href=\"docs/none.md\">gone</a>", ["a.md: there is no docs/none.md"]),
    ("[gone][page]\n\n[page]: docs/none.md\n", ["a.md: there is no docs/none.md"]),
    ("[two](none.md \"title\") [links](gone.md)", ["a.md: there is no none.md", "a.md: there is no gone.md"]),
])
def test_a_broken_link_is_reported(tmp_path, text, faults):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text("# Page\n\n## Who may call: `its`\n\n```sh\n# a comment\n```\n", encoding="utf-8")
    (tmp_path / "a.md").write_text(f"# Top\n\n{text}\n", encoding="utf-8")
    assert drift.links(tmp_path, ["a.md"]) == faults
