"""The rules of the sources find faults that are planted."""

from pathlib import Path

import pytest

import code_rules

ROOT = Path(__file__).resolve().parents[2]


def tree(folder, **files):
    """A small tree of sources: {path: text}. Returns its names."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return sorted(files)


ROOMS = {"lib/base/err.h": "", "lib/db/db.h": "", "lib/db/db.c": '#include "err.h"\n#include "db.h"\n',
         "fcgi/user/user.h": ""}


@pytest.mark.parametrize("name, text, word", [
    ("lib/obs/ctx.c", '#include "db.h"\n', "lib/obs/ctx.c: includes db.h of db"),
    ("lib/http/req.c", '#include "fcgi/user/user.h"\n', "includes fcgi/user/user.h of no room"),
    ("lib/stray.c", "", "lib/stray.c: not in a room"),
    ("lib/attic/old.c", "", "lib/attic/old.c: not in a room"),
])
def test_an_include_that_points_upwards_is_found(tmp_path, name, text, word):
    names = tree(tmp_path, **ROOMS)
    assert code_rules.rooms(tmp_path, names) == []
    names = tree(tmp_path, **ROOMS, **{name: text})
    [fault] = code_rules.rooms(tmp_path, names)
    assert word in fault
