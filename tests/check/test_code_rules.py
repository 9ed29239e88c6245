"""The rules of the sources find planted violations."""

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
def test_a_malformed_event_name_is_found(tmp_path, call, is_right):
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
def test_an_include_of_a_later_room_is_found(tmp_path, name, text, word):
    names = tree(tmp_path, **ROOMS)
    assert code_rules.rooms(tmp_path, names) == []
    names = tree(tmp_path, **ROOMS, **{name: text})
    [fault] = code_rules.rooms(tmp_path, names)
    assert word in fault


SERVICE = {"fcgi/user/main.c": "/* */\n", "fcgi/user/service.c": "/* */\n", "fcgi/user/service.h": "/* */\n",
           "fcgi/user/user_api.c": '/* */\n#include "req.h"\n', "fcgi/user/user_api.h": "/* */\n",
           "fcgi/user/user_store.c": '/* */\n#include "db.h"\n', "fcgi/user/user_store.h": "/* */\n",
           "fcgi/contracts/users.h": '/* */\n#define USERS_PATH "/internal/users"\n'}


@pytest.mark.parametrize("name, text, fault", [
    ("fcgi/user/email.c", "/* */\n", "fcgi/user/email.c: has no header of its name"),
    ("fcgi/user/user_api.h", "#ifndef X\n", "does not begin with a comment"),
    ("fcgi/user/user_store.c", '/* */\n#include "req.h"\n', "a store includes req.h"),
    ("fcgi/user/user_store.h", '/* */\n#include "lib/http/pipeline.h"\n', "a store includes pipeline.h"),
    ("fcgi/user/email.h", '/* */\n#include "req.h"\n', "is not named *_api"),
    ("fcgi/user/user_api.c", '/* */\n"/internal/users"\n', "writes the path /internal/users"),
    ("fcgi/user/main.c", None, "fcgi/user: has no main.c"),
    ("fcgi/user/service.c", None, "fcgi/user: has no service.c"),
    ("fcgi/contracts/users.c", "x\n", "fcgi/contracts/users.c: does not begin with a comment"),
])
def test_a_file_that_breaks_the_folder_pattern_is_found(tmp_path, name, text, fault):
    names = tree(tmp_path, **SERVICE)
    assert code_rules.service_folders(tmp_path, names) == []
    names = tree(tmp_path, **SERVICE, **({} if text is None or name in SERVICE else {name: text}))
    if text is None:
        names.remove(name)
    else:
        (tmp_path / name).write_text(text)
    [found] = code_rules.service_folders(tmp_path, names)
    assert fault in found


def test_a_channel_that_nginx_lacks_is_found(tmp_path):
    tree(tmp_path, **{"fcgi/contracts/streams.h": '#define STREAM_END "end-"\n#define STREAM_UNTIL      "until-"\n',
                      "nginx/streams.conf.in": "nchan_channel_id until-$slot end-$order;\n"})
    assert code_rules.streams_contract(tmp_path) == []
    (tmp_path / "nginx/streams.conf.in").write_text("nchan_channel_id till-$slot end-$order;\n")
    assert code_rules.streams_contract(tmp_path) == ["nginx/streams.conf.in has no until-"]
