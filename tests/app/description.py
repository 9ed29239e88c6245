"""The OpenAPI description of the services' calls."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "build" / "release" / "openapi.json"
METHODS = {"get", "post", "put", "delete"}
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list,
         "object": dict}


class Description:
    """Every public call, with the schemas of its input and its answers."""

    def __init__(self, document):
        self.document = document
        self.calls = {(method.upper(), path): item[method]
                      for path, item in document["paths"].items()
                      for method in METHODS & item.keys()}

    def schema(self, schema):
        """The target of a schema's reference, or the schema."""
        while schema and "$ref" in schema:
            found = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def response(self, call, status):
        return self.schema(self.calls[call]["responses"].get(str(status)))

    def answer(self, call, status=200):
        """The schema of an answer, or of an event's data for a stream."""
        content = (self.response(call, status) or {}).get("content", {})
        if "text/event-stream" in content:
            return self.schema(content["text/event-stream"]["x-events"]["status"])
        return self.schema(content.get("application/json", {}).get("schema"))

    def body(self, call):
        """The schema of the body, or None."""
        body = self.calls[call].get("requestBody")
        return self.schema(body["content"]["application/json"]["schema"]) if body else None

    def query(self, call):
        """The names of the query parameters."""
        parameters = (self.schema(p) for p in self.calls[call].get("parameters", ()))
        return {p["name"] for p in parameters if p["in"] == "query"}

    def faults(self, value, schema, where=""):
        """The differences of a value from a schema. An unknown field is an error."""
        schema = self.schema(schema)
        kind = schema.get("type")
        if kind and (not isinstance(value, TYPES[kind])
                     or isinstance(value, bool) != (kind == "boolean")):
            return [f"{where}: {value!r} is no {kind}"]
        if "enum" in schema and value not in schema["enum"]:
            return [f"{where}: {value!r} is none of {schema['enum']}"]
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return [f"{where}: {value!r} has another form"]
        if kind == "array":
            return [fault for n, item in enumerate(value)
                    for fault in self.faults(item, schema["items"], f"{where}[{n}]")]
        if kind != "object" or "properties" not in schema:
            return []
        known = schema["properties"]
        missing = set(schema.get("required", ())) - value.keys()
        return [f"{where}.{name}: missing" for name in sorted(missing)] + [
            fault for name, inner in value.items() for fault in (
                self.faults(inner, known[name], f"{where}.{name}") if name in known
                else [f"{where}.{name}: not in the description"])]


def described():
    """The description that the gateway of this build serves."""
    return Description(json.loads(DOCUMENT.read_text()))
