"""A hand-written path of a route in a template of the gateway is found in every form."""

import pytest

import gateway_paths

ROUTES = {("GET", "/products"), ("GET", "/products/{product_id}"), ("POST", "/cart/add"), ("GET", "/cart/{user_id}"),
          ("POST", "/order/{order_id}/cancel"), ("GET", "/internal/streams")}
# None of these names a particular route.
CLEAN = """
# location = /products { the words of a comment are none }
map $uri $route {
    default    "";
    "~^(${HEALTH_PATHS})$"  health;
    ~^/pictures/[^/]+\\.webp$  kept;
    "~^//"     "";
}
map "$request_method $uri" $tries {
    "~^(GET|HEAD) "   "";
    "~^[A-Z]+ /((assets|pictures)/.*)?$"  files;
    "~^(${RETRY_CALLS}) [!-~]{1,255}$"  "";
}
server {
    location / {
        rewrite ^ /internal/pools break;
        proxy_pass http://streams/metrics;
    }
    location ~ ^(${CACHED_PATHS})$ {
        gzip off;
    }
    location ~ ^${PUBLISH_PATH}/(?<channel>[0-9a-z-]+)$ {
        fastcgi_param DOCUMENT_URI ${PUBLISH_PATH};
    }
    location ~ "^/(?<pool>user|cart)/\\k<pool>/[0-9a-f]{24}$" {
    }
}
"""


def found(text):
    return gateway_paths.faults({"nginx/a.conf.in": text}, ROUTES)


def test_templates_without_paths_are_clean():
    assert found(CLEAN) == []


@pytest.mark.parametrize("line, route", [
    ("location = /products {", "GET /products"),
    ("location /products/ {", "GET /products/{product_id}"),
    ("location ^~ /cart/ {", "GET /cart/{user_id}"),
    ("location ~ ^/(products|categories)$ {", "GET /products"),
    ("location ~ ^/order/[^/]+/cancel$ {", "POST /order/{order_id}/cancel"),
    ('location ~ "^/order/[0-9a-f]{24}/cancel$" {', "POST /order/{order_id}/cancel"),
    (r"location ~ ^/order/(?<order>\w+)/cancel$ {", "POST /order/{order_id}/cancel"),
    ("location ~* products {", "GET /products"),
    ("    /cart/add    api;", "POST /cart/add"),
    ('    "POST /cart/add"    api;', "POST /cart/add"),
    ('    "~^POST /(cart/add|order/(create|[^/]+/cancel)) [!-~]{1,255}$"  "";', "POST /order/{order_id}/cancel"),
    ("if ($uri ~ ^/cart/add$) {", "POST /cart/add"),
    ("rewrite ^/cart/add$ /x last;", "POST /cart/add"),
    ("fastcgi_param DOCUMENT_URI /internal/streams;", "GET /internal/streams"),
    ("location ~ ^/internal/streams/[0-9a-z-]+$ {", "GET /internal/streams"),
    ("proxy_pass http://unix:/run/x.sock:/internal/streams;", "GET /internal/streams"),
])
def test_a_hand_written_path_is_found(line, route):
    faults = found(CLEAN + line + "\n")
    assert any(f" is the path of {route}: " in fault for fault in faults), faults
    assert all(fault.startswith(f"nginx/a.conf.in:{CLEAN.count(chr(10)) + 1}: ") for fault in faults), faults
