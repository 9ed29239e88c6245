"""The description by itself: valid, complete, and each example as its schema says."""

import json
import re

import pytest

from document import (ROOT, SERVICES, binary, codes, operations, output, part, resolve, responses,
                      whole)

from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

WHOLE = whole()
DOCUMENTS = {"whole": WHOLE, **{name: part(name) for name in SERVICES}}
EVERY = [(name, method, path) for name, document in DOCUMENTS.items()
         for method, path, _ in operations(document)]
HEALTH = {("GET", "/health"), ("GET", "/healthz"), ("GET", "/readyz")}
# What the gateway answers by itself, to whatever call.
GATEWAY = {400, 413, 414, 429, 431, 502, 503, 504}


def operation_of(name, method, path):
    return DOCUMENTS[name]["paths"][path][method.lower()]


def printed_routes(service):
    """{(method, path): words of who may call} of the calls that aren't internal."""
    rows = [line.split("\t") for line in output(binary(service), "--routes").splitlines()]
    return {(method, path): set(who.split(",")) for method, path, who, _ in rows
            if "internal" not in who.split(",")}


def check(document, schema, value):
    """Fails where a value isn't as a schema of the document says."""
    whole = {**schema, "components": document["components"]}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    faults = [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(value)]
    assert not faults, faults


def examples(media):
    """The examples of a body or a parameter."""
    named = [example["value"] for example in media.get("examples", {}).values()]
    return named + ([media["example"]] if "example" in media else [])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_is_a_valid_openapi_document(name):
    faults = [str(fault) for fault in OpenAPIV31SpecValidator(DOCUMENTS[name]).iter_errors()]
    assert not faults
    assert DOCUMENTS[name]["openapi"].startswith("3.1.")


def test_the_build_made_the_same():
    built = (ROOT / binary("openapi").parents[1] / "openapi.json").read_text()
    assert json.loads(built) == WHOLE


@pytest.mark.parametrize("service", SERVICES)
def test_a_part_has_the_routes_of_its_service_and_no_other(service):
    described = {(method, path) for method, path, _ in operations(DOCUMENTS[service])}
    assert described == set(printed_routes(service))


def test_the_whole_has_the_routes_of_all():
    described = {(method, path) for method, path, _ in operations(WHOLE)}
    assert described == {route for service in SERVICES for route in printed_routes(service)}


@pytest.mark.parametrize("service", SERVICES)
def test_the_whole_is_made_of_the_parts(service):
    for method, path, operation in operations(DOCUMENTS[service]):
        if (method, path) not in HEALTH:
            assert WHOLE["paths"][path][method.lower()] == operation


@pytest.mark.parametrize("service", SERVICES)
def test_a_token_is_wanted_where_the_routes_say_so(service):
    for (method, path), who in printed_routes(service).items():
        operation = operation_of(service, method, path)
        assert bool(operation["security"]) == ("public" not in who), (method, path)
        unauthorised = codes(DOCUMENTS[service], operation).get(401) or set()
        assert ("missing_token" in unauthorised) == ("public" not in who), (method, path)
        for role in who - {"public", "published"}:
            assert re.search(rf"\b{role}\b", operation["description"]), (method, path)


@pytest.mark.parametrize("name,method,path", EVERY)
def test_every_call_says_what_it_takes_and_what_it_gives(name, method, path):
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
        assert examples(parameter) or not parameter.get("required")


def test_operations_have_names_of_their_own():
    for document in DOCUMENTS.values():
        names = [operation["operationId"] for _, _, operation in operations(document)]
        assert len(names) == len(set(names))


def test_every_component_is_referred_to():
    text = json.dumps([WHOLE["paths"], WHOLE["components"]])
    for kind in ("schemas", "responses", "headers", "parameters"):
        for name in WHOLE["components"][kind]:
            assert f'"#/components/{kind}/{name}"' in text, name


def errors_of_the_gateway():
    """{status: JSON} of its own answers; 400 is what any other status gets."""
    text = (ROOT / "nginx" / "snippets" / "errors.conf.in").read_text()
    rows = re.findall(r"^ +(\d{3}|default) '(\{.*\})';", text, re.M)
    return {400 if status == "default" else int(status): json.loads(body) for status, body in rows}


def test_the_gateways_own_errors_are_described_as_it_words_them():
    table = errors_of_the_gateway()
    for method, path, operation in operations(WHOLE):
        for status, response in responses(WHOLE, operation).items():
            if int(status) not in GATEWAY | {408}:
                continue
            told = examples(response["content"]["application/json"])
            code = table[int(status)]["code"]
            assert code in codes(WHOLE, operation)[int(status)], (method, path, status)
            assert any(example["detail"] == table[int(status)]["detail"] for example in told)
