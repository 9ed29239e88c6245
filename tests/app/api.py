"""The app's calls match the services: paths, methods, fields sent, fields read.

The client's calls are in one table (ApiCall); each method of ApiClient names its row, the literal
maps that it sends, and the function that makes a model of the answer. Each field is read by a function
that is named after its type, with a literal name.
"""

import json
import re
from dataclasses import dataclass, field

from dart import child, children, name_of, string_of, text_of, walk

PATHS_DART = "lib/data/services/api_paths.dart"
CLIENT_DART = "lib/data/services/api_client.dart"
ERRORS_DART = "lib/data/services/api_error_reader.dart"
MODELS = "lib/data/services/api_models.dart"
SAMPLES = "testing/samples"
SAMPLE_READERS = {"sampleText", "readSample", "sampleJson", "sampleAnswer"}
EVENTS = "orderEvents"  # the row whose answer is read event by event outside of the client
MADE = re.compile(r"[a-z]\w*From(Json|Login)")  # names of functions that make a model of an answer
KEPT = ("fromKept", "toKept")  # read and written by the app only
SENT = ("body", "query", "path")

# The types and the format that a reading function requires of a field. Functions that end in OrNull,
# and the one for texts, accept a missing field.
READERS_DART = "lib/utils/json.dart"
READERS = {
    "readString": ({"string"}, None), "readInt": ({"integer"}, None),
    "readBool": ({"boolean"}, None), "readPaise": ({"number", "integer"}, None),
    "readTime": ({"string"}, "date-time"), "readList": ({"array"}, None),
    "readStrings": ({"array"}, None),
}


def takes_none(reader):
    return reader.endswith("OrNull") or reader == "readStrings"


@dataclass
class Read:
    """One field that a model reads."""

    reader: str
    name: str
    inner: str  # the factory that reads each item of a list
    at: str


@dataclass
class Use:
    """A method of the client: its row of the table, its sent fields and its models."""

    row: str
    at: str
    sent: dict = field(default_factory=dict)  # "body": {name: required}
    factories: list = field(default_factory=list)  # (factory, whether it reads items of a list)
    reads_texts: bool = False


# ---- the app's calls ----

def table(app):
    """{row: (method, path, place)} of the table of calls."""
    source = app.sources.get(PATHS_DART)
    rows = {}
    for node in source.of("enum_constant") if source else ():
        given = child(child(node, "argument_part"), "arguments")
        literals = [string_of(part.children[0]) for part in children(given, "argument")
                    if part.children[0].type == "string_literal"]
        rows[name_of(node)] = (*literals[:2], source.at(node))
    return rows


def functions(source):
    """(signature, body) of each method and constructor with a body."""
    for node in source.of("function_body"):
        before = node.prev_sibling
        if before is not None and before.type in ("method_signature", "function_signature"):
            yield before, node


def chain(node):
    """`A.b` as ("A", "b"); else (name, None)."""
    after = node.next_sibling
    dotted = child(after, "unconditional_assignable_selector") \
        if after is not None and after.type == "selector" else None
    member = child(dotted, "identifier") if dotted else None
    return text_of(node), text_of(member) if member else None


def keys(literal):
    """{name: whether it is always present} of a literal map; None for a key that is not literal."""
    found = {}
    for node in walk(literal):
        if node.type == "pair":
            key = node.child_by_field_name("key")
            always = node.parent == literal and not re.search(r":\s*\?", text_of(node))
            found[string_of(key) if key.type == "string_literal" else None] = always
        elif node.type == "spread_element":
            found[None] = False
    return found


def uses(app):
    """The use of each method of the client."""
    source = app.sources.get(CLIENT_DART)
    for _, body in functions(source) if source else ():
        made = None
        for node in walk(body):
            if node.type == "identifier":
                owner, member = chain(node)
                if owner == "ApiCall" and member:
                    made = made or Use(member, source.at(node))
                elif made and MADE.fullmatch(owner):
                    made.factories.append((owner, _reads_items(node)))
                elif made and owner == "readStrings":
                    made.reads_texts = True
            elif made and node.type == "named_argument":
                name = text_of(child(child(node, "label"), "identifier"))
                literal = child(node, "set_or_map_literal")
                if name in SENT and literal:
                    made.sent[name] = keys(literal)
                elif name in SENT and text_of(node.children[-1]) not in SENT:
                    made.sent[name] = {None: False}
        if made:
            yield made


def _reads_items(node):
    """Whether a factory is passed to a function that reads a list."""
    while node is not None and node.type != "argument":
        node = node.parent
    part = node.parent.parent if node is not None else None
    before = part.parent.prev_sibling if part is not None else None
    return before is not None and text_of(before) in ("asList", ".paged", "readList")


def factories(app):
    """{"modelFromJson": [reads]} of every function that makes a model of an answer."""
    source = app.sources.get(MODELS)
    return {name_of(made): list(_reads(source, body)) for made, body in
            (functions(source) if source else ()) if MADE.fullmatch(name_of(made) or "")}


def _reads(source, body):
    for node in walk(body):
        if node.type == "identifier" and text_of(node).removesuffix("OrNull") in READERS:
            given = child(child(node.next_sibling, "argument_part"), "arguments")
            parts = children(given, "argument")
            inner = text_of(parts[2].children[0]) if len(parts) > 2 else None
            literal = parts[1].children[0]
            yield Read(text_of(node), string_of(literal) if literal.type == "string_literal"
                       else None, inner, source.at(node))
        elif node.type == "index_selector" and not _of_headers(node):
            literal = child(node, "string_literal")
            yield Read(None, string_of(literal) if literal else None, None, source.at(node))


def _of_headers(node):
    """Whether an index expression reads an answer's headers."""
    before = node.parent.parent.prev_sibling
    return before is not None and text_of(before).endswith("headers")


# ---- against the description ----

def paths(app, description):
    """Every row of the table is a call of the services, and a method of the client makes it."""
    made = {use.row for use in uses(app)}
    faults = [] if table(app) else [f"{PATHS_DART}: no call"]
    for row, (method, path, at) in table(app).items():
        if (method, path) not in description.calls:
            faults.append(f"{at}: {row}: the services have no {method} {path}")
        if row not in made:
            faults.append(f"{at}: {row}: no method of the client makes it")
    faults += [f"{source.at(node)}: {text_of(node)}: paths stand in {PATHS_DART}"
               for source in app.lib() if source.path.startswith("lib/data/")
               and source.path != PATHS_DART for node in source.of("string_literal")
               if re.match(r"/[a-z]+(/|$)", string_of(node) or "")]
    return faults


def sent(app, description):
    """The client sends all fields of a call, and no others."""
    faults, rows = [], table(app)
    for use in uses(app):
        if use.row not in rows or rows[use.row][:2] not in description.calls:
            continue
        call = rows[use.row][:2]
        body = description.body(call) or {}
        known = {"body": body.get("properties", {}).keys(), "query": description.query(call),
                 "path": set(re.findall(r"{(\w+)}", call[1]))}
        needed = {"body": set(body.get("required", ())), "query": set(), "path": known["path"]}
        for part in SENT:
            given = use.sent.get(part, {})
            where = f"{use.at}: {use.row}: {part}"
            faults += [f"{where}: {name or 'a name that is no literal'}: {call[1]} takes no such"
                       for name in given if name not in known[part]]
            faults += [f"{where}: {name} is missing" for name in sorted(needed[part])
                       if not given.get(name)]
    return faults


def answers(app, description):
    """The fields that a model reads are in the answer of its call."""
    faults, rows, known = [], table(app), factories(app)
    optional, found = {}, set()  # an optional field must exist in one of the answers

    def read(factory, schema, call):
        found.add(factory)
        schema = description.schema(schema) or {}
        for one in known.get(factory, ()):
            fault = _fault(one, schema, description)
            if takes_none(one.reader or ""):
                optional.setdefault((one.at, factory, one.name), []).append(fault)
            elif fault:
                faults.append(f"{one.at}: {factory}: {fault} ({' '.join(call)})")
            if one.inner and not fault:
                read(one.inner, schema["properties"][one.name]["items"], call)

    for use in uses(app):
        call = rows.get(use.row, (None, None))[:2]
        if call not in description.calls:
            continue
        schema = description.answer(call) or {}
        for factory, items in use.factories:
            if (schema.get("type") == "array") != items:
                faults.append(f"{use.at}: {use.row}: the answer is a {schema.get('type')}")
            else:
                read(factory, schema["items"] if items else schema, call)
    if EVENTS in rows:
        for factory in _read_elsewhere(app, known) - found:
            read(factory, description.answer(rows[EVENTS][:2]), rows[EVENTS][:2])
    faults += [f"{at}: {factory}: {missing[0]}" for (at, factory, _), missing in optional.items()
               if all(missing)]
    return faults + [f"{MODELS}: {factory}: no call reads an answer with it"
                     for factory in sorted(known.keys() - found)]


def readers(app):
    """The requirements of every reading function are known to the checks."""
    source = app.sources.get(READERS_DART)
    return [f"{source.at(node)}: {name_of(node)}: not known to the checks"
            for node in (source.of("function_signature") if source else ())
            if re.search(r"\(Json json, String name\b", text_of(node))
            and name_of(node).removesuffix("OrNull") not in READERS]


def _fault(one, schema, description):
    """The error of a field that is read, or None."""
    if one.name is None or one.reader is None:
        return "a field is read by a function of its type, with a literal name"
    if one.name not in schema.get("properties", {}):
        return f"the answer has no {one.name}"
    types, form = READERS[one.reader.removesuffix("OrNull")]
    found = description.schema(schema["properties"][one.name])
    if found.get("type") not in types or (form and found.get("format") != form):
        return f"{one.reader} of {one.name}, which is a {found.get('format') or found.get('type')}"
    if not takes_none(one.reader) and one.name not in schema.get("required", ()):
        return f"{one.name} may be missing"
    return None


def _read_elsewhere(app, known):
    """The functions of the models that lib/data uses outside of the client."""
    return {text_of(node) for source in app.lib() if source.path.startswith("lib/data/")
            and source.path not in (CLIENT_DART, MODELS) for node in source.of("identifier")
            if text_of(node) in known}


def kept(app):
    """A file reads the same fields of the device's store that it writes."""
    faults = []
    for source in app.lib():
        found = {}
        for before, body in functions(source):
            made = next((inner for inner in walk(before) if inner.type in (
                "factory_constructor_signature", "function_signature")), before)
            words = [text_of(part) for part in children(made, "identifier")]
            for way in KEPT:
                if words and words[-1].lstrip("_") == way:
                    found[way] = (made, body)
        if not found:
            continue
        if len(found) < len(KEPT):
            faults.append(f"{source.path}: only {', '.join(found)}")
            continue
        made, body = found["toKept"]
        written = {name for node in walk(body) if node.type == "set_or_map_literal"
                   for name in keys(node)}
        read = {one.name for one in _reads(source, found["fromKept"][1])}
        if written != read:
            faults.append(f"{source.at(made)}: written are {sorted(map(str, written))}, "
                          f"read are {sorted(map(str, read))}")
    return faults


def error_fields(app, description):
    """The fields that are read of an error are in its description."""
    source = app.sources.get(ERRORS_DART)
    if source is None:
        return [f"{ERRORS_DART}: there is no such file"]
    found_fields, items = set(), set()
    for call, operation in description.calls.items():
        for status in operation["responses"]:
            properties = (description.answer(call, status) or {}).get("properties", {})
            if int(status) >= 400:
                found_fields |= properties.keys()
                listed = properties.get("detail", {}).get("items")
                items |= (description.schema(listed) or {}).get("properties", {}).keys()
    faults = [f"{one.at}: no refusal has {one.name}" for one in _reads(source, source.root)
              if one.name not in found_fields | items]
    return faults + [f"{source.at(key)}: no entry of a 422 has {string_of(key)}"
                     for node in source.of("map_pattern")
                     for key in children(node, "string_literal") if string_of(key) not in items]


# ---- samples ----

def samples(app, description):
    """Each recorded answer matches the description of its call."""
    faults = []
    for path in sorted((app.folder / SAMPLES).glob("*.json")):
        sample = json.loads(path.read_text())
        call = tuple(sample["route"].split())
        schema = description.answer(call, sample["status"]) if call in description.calls else None
        if schema is None:
            faults.append(f"{path.name}: no {sample['status']} of {sample['route']}")
        else:
            faults += [f"{path.name}: {fault}" for fault in
                       description.faults(sample["body"], schema, "body")]
    return faults


def sample_names(app):
    """The samples that tests name exist."""
    there = {path.name for path in (app.folder / SAMPLES).iterdir()}
    faults = []
    for source in _tests(app):
        for node in source.of("identifier"):
            after = node.next_sibling
            if text_of(node) not in SAMPLE_READERS or after is None or after.type != "selector":
                continue
            given = child(child(after, "argument_part") or after, "arguments")
            literal = next((found for found in walk(given) if found.type == "string_literal"),
                           None) if given else None
            name = string_of(literal) if literal else None
            if name and not {name, f"{name}.json"} & there:
                faults.append(f"{source.at(literal)}: there is no sample {name}")
    return faults


def test_calls(app, description):
    """The calls that tests name, such as "GET /cart/{user_id}", exist."""
    known = {method: [re.sub(r"{\w+}", "[^/]+", path) for name, path in description.calls
                      if name == method] for method, _ in description.calls}
    return [f"{source.at(node)}: the services have no {string_of(node)}"
            for source in _tests(app) for node in source.of("string_literal")
            if (call := re.fullmatch(r"(GET|POST|PUT|DELETE) (/[^ ?]*)", string_of(node) or ""))
            and not any(re.fullmatch(path, call[2]) for path in known[call[1]])]


def _tests(app):
    return [source for path, source in app.sources.items() if not path.startswith("lib/")]
