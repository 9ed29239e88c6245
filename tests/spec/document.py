"""The API's description, whole and by service, as the binaries print it."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ROOT / ".deps" / "spec-checks"  # run/setup.sh spec
METHODS = ("get", "put", "post", "delete")
ERROR, MESSAGE = "#/components/schemas/Error", "#/components/schemas/Message"

sys.path.insert(0, str(LIBRARIES))
sys.path.append(str(ROOT / "tests"))
from services import NAMES as SERVICES  # noqa: E402, F401


def binary(name):
    return ROOT / "build" / os.environ.get("BUILD", "release") / "bin" / name


def output(*words):
    """The output of a program without any of a service's settings."""
    return subprocess.run(words, env={"PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE, text=True,
                          timeout=20, check=True).stdout


def whole():
    """The description that the gateway serves."""
    return json.loads(output(binary("openapi")))


def part(service):
    """The description of one service."""
    return json.loads(output(binary("openapi"), service))


def operations(document):
    """(METHOD, path, operation) of each."""
    return [(method.upper(), path, item[method]) for path, item in document["paths"].items()
            for method in METHODS if method in item]


def resolve(document, node):
    """A node, or the target of its reference."""
    while "$ref" in node:
        target = document
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        node = target
    return node


def responses(document, operation):
    """{status: response} of an operation."""
    return {status: resolve(document, response)
            for status, response in operation["responses"].items()}


def examples(media):
    """The examples of a body, a parameter or a header."""
    named = [example["value"] for example in media.get("examples", {}).values()]
    return (named + ([media["example"]] if "example" in media else [])
            + media.get("schema", {}).get("examples", []))


def codes(document, operation):
    """{status: error codes, or None where its JSON has none} of an operation."""
    found = {}
    for status, response in responses(document, operation).items():
        content = response.get("content", {}).get("application/json", {})
        is_error = content.get("schema", {}).get("$ref") == ERROR
        found[int(status)] = ({example["code"] for example in examples(content)} if is_error
                              else None)
    return found


def close(node):
    """Forbids undescribed members of objects."""
    if isinstance(node, dict):
        if "properties" in node:
            node.setdefault("additionalProperties", False)
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            close(child)


def event(media):
    """The schema of one event of a stream."""
    data = {"type": "string", "contentMediaType": "application/json",
            "contentSchema": media["x-events"]["status"]}
    return {"type": "object", "required": ["event", "data"], "properties": {
        "event": {"enum": ["status", "replaced"]}, "id": {"type": "string"}, "data": data}}


def narrow(document, media):
    """Restricts the common schemas of errors and messages to the codes, messages and members of a call's
    examples. For a stream, the schema is that of one event, which schemathesis reads."""
    if "x-events" in media:
        media["schema"] = event(media)
        del media["example"]
    word = {ERROR: "code", MESSAGE: "message"}.get(media["schema"].get("$ref"))
    if not word:
        return
    known = resolve(document, media["schema"])
    example_values = examples(media)
    members = {name for example in example_values for name in example}
    media["schema"] = {**known, "properties": {
        **{name: known["properties"][name] for name in sorted(members)},
        word: {"type": "string", "enum": [example[word] for example in example_values]}}}


def strict(document):
    """The description in a strict form: answers may have only what is described for their call."""
    document = copy.deepcopy(document)
    all_responses = list(document["components"]["responses"].values())
    for _, _, operation in operations(document):
        all_responses += operation["responses"].values()
    for response in all_responses:
        for media in response.get("content", {}).values():
            narrow(document, media)
    bodies = {operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
              for _, _, operation in operations(document) if "requestBody" in operation}
    close([schema for name, schema in document["components"]["schemas"].items()
           if f"#/components/schemas/{name}" not in bodies])
    close(all_responses)
    return document
