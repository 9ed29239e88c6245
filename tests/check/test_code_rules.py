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


@pytest.mark.parametrize("call, is_right", [
    ('log_event(LOG_INFO, ctx, "order.created order_id=%s lines=%zu", id, n);', True),
    ('log_event(e ? LOG_INFO : LOG_ERROR, ctx,\n\t"a.b x=%s "\n\t"y=%d", id, n);', True),
    ('log_event(LOG_INFO, ctx, "order %s is made", id);', False),
    ('log_event(LOG_INFO, ctx, "order.created order_id=%x", id);', False),
    ('log_event(LOG_INFO, ctx, "order.created: %s", id);', False),
])
def test_an_event_that_is_no_identifier_is_found(tmp_path, call, is_right):
    names = tree(tmp_path, **{"lib/a.c": call})
    assert (code_rules.events(tmp_path, names) == []) == is_right


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
