"""The maps that nginx/route_maps.sh makes of the services' tables, and the tables that it refuses."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROUTES = """\
shop GET /things public search etag
shop GET /things/{thing_id} public api etag
shop PUT /things/{thing_id} admin api large-body
shop GET /own customer api etag
shop POST /things/{thing_id}/take customer,auth-optional api idempotent,limited
shop POST /plain customer api limited
shop POST /internal/things service,internal api large-body
shop GET /health public health no-access-log,common
shop GET /metrics public,internal api no-access-log,common
watch GET /things/{thing_id}/events customer stream stream
watch GET /internal/channels service,internal api publish
watch GET /health public health no-access-log,common
""".replace(" ", "\t")
ERRORS = """\
error\t400\tbad_request\tBad Request
error\t429\ttoo_many_requests\tToo many requests
error\t404\tnot_found\tNot Found
error\t400\twebsocket_not_supported\tWebSocket is not supported
"""


def variables(tables):
    """(status, {name: value of the variable for render.sh})."""
    script = '. nginx/render.sh; read_tables || exit 1; for name in "${ROUTE_VARIABLES[@]}"; do ' \
             'printf "%s=%s\\0" "$name" "${!name}"; done'
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, input=tables, stdout=subprocess.PIPE, text=True,
                          check=False)
    return done.returncode, dict(row.split("=", 1) for row in done.stdout.split("\0") if row)


def rows(text):
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_maps_follow_from_the_flags():
    status, made = variables(ROUTES + ERRORS)
    assert status == 0
    assert made["RETRY_CALLS"] == "POST /things/[^/]+/take"
    assert made["CACHED_PATHS"] == "/things"
    assert made["LARGE_BODY_PATHS"] == "/things/[^/]+"
    assert made["HEALTH_PATHS"] == "/health"
    assert (made["STREAM_POOL"], made["STREAM_PATHS"]) == ("watch", "/things/[^/]+/events")
    assert (made["PUBLISH_POOL"], made["PUBLISH_PATH"]) == ("watch", "/internal/channels")


def test_each_path_is_mapped_to_its_pool_once():
    _, made = variables(ROUTES + ERRORS)
    assert rows(made["ROUTE_RULES"]) == [
        "/things shop;", '"~^/things/[^/]+$" shop;', "/own shop;", '"~^/things/[^/]+/take$" shop;', "/plain shop;",
        "/internal/things internal_shop;", '"~^/things/[^/]+/events$" watch;', "/internal/channels internal_watch;"]
    assert rows(made["COST_RULES"]) == [
        '"GET /health" health;', '"GET /things" search;', '"HEAD /health" health;', '"HEAD /things" search;',
        '"~^(GET|HEAD) /things/[^/]+/events$" stream;']


def test_errors_are_bodies_by_status():
    _, made = variables(ROUTES + ERRORS)
    assert rows(made["ERROR_RULES"]) == [
        """default '{"detail":"Bad Request","code":"bad_request"}';""",
        """400 '{"detail":"Bad Request","code":"bad_request"}';""",
        """429 '{"detail":"Too many requests","code":"too_many_requests"}';""",
        """404 '{"detail":"Not Found","code":"not_found"}';"""]
    assert made["ERROR_STATUSES"] == "400 404"
    assert made["WEBSOCKET_ERROR"] == '{"detail":"WebSocket is not supported","code":"websocket_not_supported"}'


@pytest.mark.parametrize("wrong", [
    ROUTES, ERRORS, "",
    ROUTES.replace("search", "nozone") + ERRORS,
    ROUTES.replace("/own", "/own;") + ERRORS, ROUTES.replace("/own", '/"') + ERRORS,
    ROUTES.replace("\tstream\n", "\t-\n") + ERRORS, ROUTES.replace("publish", "-") + ERRORS,
    ROUTES.replace("api\tlimited", "api\tstream") + ERRORS, ROUTES.replace("api\tlimited", "api\tpublish") + ERRORS,
    ROUTES + ERRORS.replace("websocket_not_supported", "other"), ROUTES + ERRORS.replace("Not Found", 'Not "Found"'),
    ROUTES + ERRORS.replace("Not Found", "Not $uri")],
    ids=["no errors", "no routes", "nothing", "a class without a zone", "a semicolon", "a quote", "no stream",
         "no service that authorises publishing", "streams of two services", "channels of two services",
         "no error for a WebSocket", "a quote in a text", "a variable in a text"])
def test_tables_without_a_valid_configuration_are_refused(wrong):
    assert variables(wrong)[0] == 1
