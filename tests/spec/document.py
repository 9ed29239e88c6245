"""The API's description: the whole of it, and each service's part, as the binaries print them."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ROOT / ".deps" / "spec-checks"  # run/setup.sh spec
SERVICES = ("user", "product", "cart_order", "delivery")
METHODS = ("get", "put", "post", "delete")

sys.path.insert(0, str(LIBRARIES))


def binary(name):
    return ROOT / "build" / os.environ.get("BUILD", "release") / "bin" / name


def output(*words):
    """What a program prints, with nothing set that a service needs."""
    return subprocess.run(words, env={"PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE, text=True,
                          timeout=20, check=True).stdout


def whole():
    """What the gateway serves."""
    return json.loads(output(binary("openapi")))


def part(service):
    """What one service says of itself."""
    return json.loads(output(binary(service), "--openapi"))


def operations(document):
    """(METHOD, path, operation) of each."""
    return [(method.upper(), path, item[method]) for path, item in document["paths"].items()
            for method in METHODS if method in item]


def resolve(document, node):
    """A node, or what it refers to."""
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


def codes(document, operation):
    """{status: error codes, or None where its JSON has none} of an operation."""
    found = {}
    for status, response in responses(document, operation).items():
        content = response.get("content", {}).get("application/json")
        schema = resolve(document, content["schema"]) if content else {}
        code = schema.get("properties", {}).get("code", {})
        found[int(status)] = set(code["enum"]) if "enum" in code else None
    return found


def strict(document):
    """The same, but that no answer may have members which aren't described."""
    document = copy.deepcopy(document)

    def close(node):
        if isinstance(node, dict):
            if "properties" in node:
                node.setdefault("additionalProperties", False)
            node = list(node.values())
        if isinstance(node, list):
            for child in node:
                close(child)

    close(document["components"])
    for _, _, operation in operations(document):
        close(operation["responses"])
    return document
