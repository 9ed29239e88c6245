"""The description by itself: valid, complete, and each example as its schema says."""

import json
import re

import pytest

import document  # noqa: F401 (finds tests/services.py)
import services
from document import (ROOT, SERVICES, binary, codes, examples, operations, output, part, resolve,
                      responses, strict, whole)

from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

WHOLE = whole()
DOCUMENTS = {"whole": WHOLE, **{name: part(name) for name in SERVICES}}
EVERY = [(name, method, path) for name, document in DOCUMENTS.items()
         for method, path, _ in operations(document)]
HEALTH = {("GET", "/health"), ("GET", "/healthz"), ("GET", "/readyz")}
# Statuses of the gateway's own answers, which any call may get.
GATEWAY = {400, 413, 414, 429, 431, 502, 503, 504}


def operation_of(name, method, path, document=None):
    return (document or DOCUMENTS[name])["paths"][path][method.lower()]


def printed_routes(service):
    """{(method, path): roles} of the calls that are not internal."""
    rows = [line.split("\t") for line in output(binary(service), "--routes").splitlines()]
    return {(method, path): set(roles.split(",")) for method, path, roles, *_ in rows
            if "internal" not in roles.split(",")}


def check(document, schema, value):
    """Fails if a value does not match a schema of the document."""
    whole = {**schema, "components": document["components"]}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    faults = [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(value)]
    assert not faults, faults


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_description_is_a_valid_openapi_document(name):
    faults = [str(fault) for fault in OpenAPIV31SpecValidator(DOCUMENTS[name]).iter_errors()]
    assert not faults
    assert DOCUMENTS[name]["openapi"].startswith("3.1.")


def test_the_description_of_the_build_is_the_same():
    built = (ROOT / binary("openapi").parents[1] / "openapi.json").read_text()
    assert json.loads(built) == WHOLE


@pytest.mark.parametrize("service", SERVICES)
def test_a_part_has_exactly_the_routes_of_its_service(service):
    described = {(method, path) for method, path, _ in operations(DOCUMENTS[service])}
    assert described == set(printed_routes(service))


def test_the_whole_description_has_the_routes_of_all_services():
    described = {(method, path) for method, path, _ in operations(WHOLE)}
    assert described == {route for service in SERVICES for route in printed_routes(service)}


@pytest.mark.parametrize("service", SERVICES)
def test_the_whole_description_consists_of_the_parts(service):
    for method, path, operation in operations(DOCUMENTS[service]):
        if (method, path) not in HEALTH:
            assert WHOLE["paths"][path][method.lower()] == operation


@pytest.mark.parametrize("service", SERVICES)
def test_the_description_requires_a_token_where_the_route_does(service):
    for (method, path), roles in printed_routes(service).items():
        operation = operation_of(service, method, path)
        assert bool(operation["security"]) == ("public" not in roles), (method, path)
        unauthorised = codes(DOCUMENTS[service], operation).get(401) or set()
        assert ("missing_token" in unauthorised) == ("public" not in roles), (method, path)
        for role in roles - {"public", "auth-optional"}:
            assert re.search(rf"\b{role}\b", operation["description"]), (method, path)


@pytest.mark.parametrize("name,method,path", EVERY)
def test_every_call_describes_its_input_and_its_answers(name, method, path):
    operation = operation_of(name, method, path)
    assert operation["summary"] and operation["description"]
    found = responses(DOCUMENTS[name], operation)
    assert "200" in found
    assert GATEWAY <= {int(status) for status in found}
    in_path = {p["name"] for p in (resolve(DOCUMENTS[name], p) for p in operation["parameters"])
               if p["in"] == "path"}
    assert in_path == set(re.findall(r"{(\w+)}", path))
    for status, response in found.items():
        if status not in ("204", "304"):
            assert response["content"], status


@pytest.mark.parametrize("name,method,path", EVERY)
def test_every_body_has_an_example_that_fits_it(name, method, path):
    document = DOCUMENTS[name]
    operation = operation_of(name, method, path)
    bodies = [response["content"] for response in responses(document, operation).values()
              if "content" in response]
    bodies += [operation["requestBody"]["content"]] if "requestBody" in operation else []
    for media in (media for content in bodies for media in content.values()):
        assert examples(media)
        for value in examples(media):
            check(document, media["schema"], value)
    for parameter in (resolve(document, p) for p in operation["parameters"]):
        for value in examples(parameter):
            check(document, parameter["schema"], value)
        assert examples(parameter), parameter["name"]
    strictly = strict(document)
    for response in responses(strictly, operation_of(name, method, path, strictly)).values():
        for media in response.get("content", {}).values():
            for value in examples(media):
                check(strictly, media["schema"], value)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_header_has_a_description_and_an_example(name):
    for title, header in DOCUMENTS[name]["components"]["headers"].items():
        assert header["description"], title
        schema = header["schema"]
        assert examples(header) or "const" in schema, title
        for value in examples(header):
            check(DOCUMENTS[name], schema, value)


def schemas_in(node):
    """Every schema that is not a component itself."""
    if isinstance(node, dict):
        for key in ("schema", "items", "contentSchema"):
            if key in node:
                yield node[key]
        yield from node.get("properties", {}).values()
        node = [child for key, child in node.items() if key not in ("example", "examples")]
    if isinstance(node, list):
        for child in node:
            yield from schemas_in(child)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_object_has_a_name(name):
    """Generated clients have a type for each unnamed object: hundreds, if errors had no name."""
    for schema in schemas_in(DOCUMENTS[name]):
        if "$ref" not in schema:
            assert "properties" not in schema, schema


@pytest.mark.parametrize("name", DOCUMENTS)
def test_errors_and_messages_are_named_schemas(name):
    document = DOCUMENTS[name]
    for method, path, operation in operations(document):
        for status, response in responses(document, operation).items():
            for kind, media in response.get("content", {}).items():
                to = media["schema"].get("$ref", "").removeprefix("#/components/schemas/")
                if int(status) >= 400:
                    assert kind == "application/json"
                    assert to == ("ValidationError" if status == "422" else "Error"), (path, status)
                elif set(resolve(document, media["schema"]).get("properties", ())) == {"message"}:
                    assert to == "Message", path


@pytest.mark.parametrize("name", DOCUMENTS)
def test_money_describes_its_decimals_and_its_bounds(name):
    """multipleOf: 0.01 is not used: a validator that divides doubles refuses one exact amount in nine."""
    assert "multipleOf" not in json.dumps(DOCUMENTS[name])
    for schema in schemas_in(DOCUMENTS[name]):
        if schema.get("type") == "number":
            assert "two decimal places" in schema["description"]
            assert schema["format"] == "double"
            assert (schema["minimum"], schema["maximum"]) == (0, 9999999999999.99)


def test_calls_that_are_not_idempotent_are_described_as_such():
    """They have no idempotency key."""
    for path in ("/cart/increase/{cart_id}", "/cart/decrease/{cart_id}"):
        assert "Don't repeat the call" in operation_of("whole", "PUT", path)["description"]
    removal = operation_of("whole", "DELETE", "/cart/remove/{cart_id}")["description"]
    assert "404" in removal


def test_a_stream_call_may_answer_with_json():
    stream = operation_of("whole", "GET", "/order/{order_id}/events")
    assert list(stream["responses"]["200"]["content"]) == ["text/event-stream", "application/json"]
    last_seen, = (p for p in stream["parameters"] if p.get("name") == "lastEventId")
    assert "opaque" in last_seen["schema"]["description"]


def test_the_port_of_a_service_is_a_variable():
    servers = WHOLE["paths"]["/health"]["servers"]
    assert {server["url"] for server in servers} == {"http://localhost:{port}"}
    assert [server["variables"]["port"]["default"] for server in servers] == list(
        services.column("port").values())


def test_the_states_of_an_order_are_one_enum():
    states = WHOLE["components"]["schemas"]["OrderStatus"]["enum"]
    assert states == ["PLACED", "PACKED", "OUT_FOR_DELIVERY", "DELIVERED", "CANCELLED"]
    for title in ("Order", "OrderEvent", "Delivery", "StaffDelivery", "StatusUpdate"):
        status = WHOLE["components"]["schemas"][title]["properties"]["status"]
        assert status == {"$ref": "#/components/schemas/OrderStatus"}, title
    status, = (p for p in operation_of("whole", "GET", "/deliveries")["parameters"]
               if p.get("name") == "status")
    assert status["schema"]["$ref"] == "#/components/schemas/OrderStatus"


def test_operations_have_unique_names():
    for document in DOCUMENTS.values():
        names = [operation["operationId"] for _, _, operation in operations(document)]
        assert len(names) == len(set(names))
        assert all(re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name) for name in names), names


def test_every_component_is_used():
    text = json.dumps([WHOLE["paths"], WHOLE["components"]])
    for kind in ("schemas", "responses", "headers", "parameters"):
        for name in WHOLE["components"][kind]:
            assert f'"#/components/{kind}/{name}"' in text, name


def errors_of_the_gateway():
    """{status: {code, detail}} of its own answers: the first row of each status."""
    rows = [line.split("\t") for line in output(binary("user"), "--errors").splitlines()]
    return {int(status): {"code": code, "detail": text} for status, code, text in reversed(rows)}


def test_the_gateways_own_errors_are_described_with_their_texts():
    table = errors_of_the_gateway()
    for method, path, operation in operations(WHOLE):
        for status, response in responses(WHOLE, operation).items():
            if int(status) not in GATEWAY:
                continue
            example_values = examples(response["content"]["application/json"])
            code = table[int(status)]["code"]
            assert code in codes(WHOLE, operation)[int(status)], (method, path, status)
            assert any(example["detail"] == table[int(status)]["detail"] for example in example_values)
