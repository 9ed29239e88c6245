"""A hand-written list of services is found."""

import pytest

import service_lists


@pytest.mark.parametrize("name, text", [
    ("run/common.sh", "POOLS=(user product cart_order delivery)"),
    ("Makefile", "SERVICES := user product cart_order"),
    ("tests/api/test_x.py", 'POOLS = ("user", "product", "delivery")'),
    ("nginx/snippets/x.conf.in", "location ~ ^/metrics/(user|product|delivery)$ {"),
    ("tests/x.py", 'NAMES = ["user-service", "cart-order-service", "delivery-service"]'),
    ("run/x.sh", 'PLACES=("$USER_POOL" "$PRODUCT_POOL" "$DELIVERY_POOL")'),
    ("nginx/pools.conf.in", "upstream a {\n    server ${USER_POOL};\n}\nupstream b {\n    server ${PRODUCT_POOL};\n}\n"
                            "upstream c {\n    server ${DELIVERY_POOL};\n}\n"),
    ("openapi/main.c", "\t&user_service,\n\t&product_service,\n\t&cart_order_service,\n"),
    ("seed/db_accounts.c", '    {"user", NULL},\n    {"product", NULL},\n    {"delivery", NULL},\n'),
])
def test_a_hand_written_list_is_found(name, text):
    [fault] = service_lists.faults_of(name, text)
    assert fault.startswith(name) and "services.tsv" in fault


@pytest.mark.parametrize("name, text", [
    ("run/x.sh", "# a user puts a product into the cart"),
    ("tests/api/test_x.py", '{"user_id": user, "product_id": product}'),
    ("tests/api/test_x.py", 'for pool in ("cart_order", "delivery"):'),
    ("tests/api/test_x.py", 'WAY = ["cart_order", "product", "delivery"]  # not all services'),
    ("tests/api/facts.py", '    "user": 1,\n    "product": 2,\n    "delivery": 3,\n'),
    ("nginx/x.conf.in", "    # each service\n    server ${@NAME@_POOL};\n    # end\nfastcgi_pass delivery;"),
    ("seed/main.c", "{&product_service, seed_products}, {&user_service, seed_accounts}"),
    ("x.yaml", "# each service: user: '@name@'\nuser: 1\nproduct: 2\ncart_order, user, product, delivery\n# end\n"),
])
def test_other_texts_are_accepted(name, text):
    assert service_lists.faults_of(name, text) == []


def test_documents_and_the_table_itself_may_list_services(tmp_path):
    for name in ("README.md", "services.tsv", "x.sh"):
        (tmp_path / name).write_text("user product cart_order delivery\n")
    assert service_lists.check(tmp_path, ["README.md", "services.tsv", "x.sh"]) == [
        "x.sh:1: a list of services: take it from services.tsv"]
