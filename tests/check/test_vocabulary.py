"""Words that the glossary replaces are found in all files."""

from pathlib import Path

import pytest

import vocabulary

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name, text", [
    ("lib/db/new.c", "/* What combine did. */\n"),
    ("docs/new.md", "The trail of a request.\n"),
    ("fcgi/user/new.h", "struct order_wish;\n"),
    ("run/new.sh", "BUILD=sabotage make\n"),
    ("fcgi/product/new.c", "stock_give_back_post();\n"),
    ("fcgi/product/new.c", "stock_store_take();\n"),
    ("fcgi/product/new.h", "struct hold;\n"),
    ("fcgi/cart_order/new.c", "e = deliveries_tell(ctx);\n"),
    ("fcgi/cart_order/new.c", "tell_at_once(ctx);\n"),
    ("fcgi/cart_order/new.c", "checkout_put_off(ctx);\n"),
    ("fcgi/cart_order/new.c", "step->undo_refused(saga);\n"),
    ("docs/new.yml", "- alert: OrdersNotTold\n"),
    ("tests/api/test_new.py", "def test_an_order_that_nobody_told_of(shop):\n"),
    ("tests/api/test_new.py", "with Viewer(shopper, order_id) as viewer:\n"),
    ("tests/browser/new.test.mjs", "scene('what the page is told', async (harness) => {\n"),
    ("tests/browser/new.test.mjs", "import { scene } from './stage.mjs';\n"),
    ("tests/bench/new.py", "PATIENCE = 60\n"),
])
def test_a_refused_word_is_found(tmp_path, name, text):
    (tmp_path / vocabulary.LIST).parent.mkdir(parents=True)
    (tmp_path / vocabulary.LIST).write_text((ROOT / vocabulary.LIST).read_text())
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("A group commit.\n")
    assert vocabulary.check(tmp_path, [name]) == []
    (tmp_path / name).write_text("A group commit.\n" + text)
    [fault] = vocabulary.check(tmp_path, [name])
    assert fault.startswith(f"{name}:2: ") and ": use " in fault


def test_no_pattern_matches_its_own_term():
    """A row has a pattern and a term."""
    for pattern, term in vocabulary.rows((ROOT / vocabulary.LIST).read_text()):
        assert term and not pattern.search(term), (pattern.pattern, term)
