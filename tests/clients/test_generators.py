"""Each generator reads the whole description without a warning, and makes models for its names only."""

import json

import pytest

import generators


@pytest.mark.parametrize("name", generators.GENERATORS)
def test_a_client_is_generated_without_a_warning(generated, name):
    code, text = generated[name]
    assert code == 0, text
    assert not generators.warnings(text), text


def test_types_and_client_of_typescript_compile(compiled):
    code, text = compiled
    assert code == 0, text


def test_a_model_is_generated_for_each_schema_and_few_others(generated):
    """An unnamed error or body would have a model for each call and status, 543 in total."""
    document = json.loads(generators.DESCRIPTION.read_text())
    models = list((generators.OUT / "shop_client" / "models").glob("*.py"))
    named = len(document["components"]["schemas"])
    assert named < len(models) < named + 15


def test_methods_have_the_names_of_the_operations(generated):
    made = {path.stem for path in (generators.OUT / "shop_client" / "api").glob("*/*.py")}
    assert {"register", "login", "list_products", "add_to_cart", "create_order", "cancel_order",
            "get_order_status", "stream_order_status", "update_order_status"} <= made
