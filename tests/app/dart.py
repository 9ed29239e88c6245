"""Parsed Dart sources: trees, declarations, and the names that each library sees."""

import functools
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import tree_sitter
import tree_sitter_dart
import yaml

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_dart.language()))
FOLDERS = ("lib", "test", "testing", "integration_test")
TYPES = {"class_definition", "mixin_declaration", "enum_declaration", "extension_declaration",
         "extension_type_declaration", "type_alias"}
SIGNATURES = {"function_signature", "getter_signature", "setter_signature",
              "external_function_signature"}
VARIABLES = {"static_final_declaration", "initialized_identifier"}


def walk(node):
    """A node and its descendants, in the order of the text."""
    stack = [node]
    while stack:
        found = stack.pop()
        yield found
        stack.extend(reversed(found.children))


def text_of(node):
    return node.text.decode()


def child(node, *types):
    """The first child of one of these types, or None."""
    return next((c for c in node.children if c.type in types), None)


def children(node, *types):
    return [c for c in node.children if c.type in types]


def name_of(node):
    """The name of a declaration, or None."""
    named = node.child_by_field_name("name") or child(node, "identifier", "type_identifier")
    return text_of(named) if named else None


def string_of(node):
    """The value of a string literal; None if it has parts."""
    if any(found.type == "template_substitution" for found in walk(node)):
        return None
    parts = re.findall(r"r?('''|\"\"\"|'|\")(.*?)\1", text_of(node), re.S)
    return "".join(re.sub(r"\\(.)", r"\1", inner) for _, inner in parts)


@dataclass
class Directive:
    """An import, export or part, with its visible names."""

    kind: str
    uri: str
    line: int
    prefix: str = None
    shown: set = None
    hidden: set = field(default_factory=set)

    def lets_through(self, name):
        return name not in self.hidden and (self.shown is None or name in self.shown)


class Source:
    """One file."""

    def __init__(self, path, data):
        self.path = path
        self.bytes = data
        self.text = self.bytes.decode()
        self.root = PARSER.parse(self.bytes).root_node
        self.nodes = list(walk(self.root))
        self.directives = list(self._directives())
        self.declared = set(self._declared())

    def at(self, node):
        """The position of a node for messages."""
        return f"{self.path}:{node.start_point[0] + 1}"

    def of(self, *types):
        return [node for node in self.nodes if node.type in types]

    def faults(self):
        """Syntax errors."""
        return [node for node in self.nodes if node.is_error or node.is_missing]

    def _directives(self):
        kinds = {"library_import": "import", "library_export": "export", "part_directive": "part"}
        for node in self.of(*kinds):
            inner = child(node, "import_specification") or node
            uri = next(found for found in walk(node) if found.type == "uri")
            made = Directive(kinds[node.type], string_of(uri), node.start_point[0] + 1)
            prefix = child(inner, "identifier")
            made.prefix = text_of(prefix) if prefix else None
            for part in children(inner, "combinator"):
                names = {text_of(found) for found in children(part, "identifier")}
                if text_of(part).startswith("show"):
                    made.shown = (made.shown or set()) | names
                else:
                    made.hidden |= names
            yield made

    def _declared(self):
        """The public names of the file, and the private ones."""
        for node in self.root.children:
            if node.type in TYPES | SIGNATURES:
                yield name_of(node)
            elif node.type in ("static_final_declaration_list", "initialized_identifier_list"):
                yield from (name_of(inner) for inner in node.named_children)

    def types(self):
        """The nodes of its declared types, by name."""
        return {name_of(node): node for node in self.root.children if node.type in TYPES}


@functools.cache
def source_of(path, data):
    """A file with these bytes, read once: copies of the app differ in one file."""
    return Source(path, data)


class App:
    """All files of the app, and its pubspec."""

    def __init__(self, folder):
        self.folder = folder
        self.sources = {}
        for top in FOLDERS:
            for path in sorted((folder / top).rglob("*.dart")):
                name = path.relative_to(folder).as_posix()
                self.sources[name] = source_of(name, path.read_bytes())
        self._exported = {}

    def yaml(self, name):
        path = self.folder / name
        return yaml.safe_load(path.read_text()) if path.exists() else None

    @functools.cached_property
    def pubspec(self):
        return self.yaml("pubspec.yaml") or {}

    @property
    def name(self):
        return self.pubspec.get("name")

    def lib(self):
        return [source for path, source in self.sources.items() if path.startswith("lib/")]

    def resolve(self, source, uri):
        """The path of the app's file for a URI, or None."""
        own = f"package:{self.name}/"
        if uri.startswith(own):
            return f"lib/{uri.removeprefix(own)}"
        if ":" in uri:
            return None
        parts = []
        for part in (PurePosixPath(source.path).parent / uri).parts:
            if part == ".." and parts:
                parts.pop()
            else:
                parts.append(part)
        return "/".join(parts)

    def exported(self, path, seen=()):
        """The names that an app's file exports."""
        if path in self._exported:
            return self._exported[path]
        source = self.sources.get(path)
        if source is None or path in seen:
            return set()
        names = {name for name in source.declared if name and not name.startswith("_")}
        for directive in source.directives:
            target = self.resolve(source, directive.uri)
            if directive.kind == "part":
                names |= self.sources[target].declared if target in self.sources else set()
            elif directive.kind == "export" and target:
                names |= {name for name in self.exported(target, (*seen, path))
                          if directive.lets_through(name)}
        if not seen:
            self._exported[path] = names
        return names

    def reachable(self, start="lib/main.dart"):
        """The files that are part of the compiled app."""
        found, newest = set(), {start} & self.sources.keys()
        while newest:
            found |= newest
            newest = {target for path in newest for directive in self.sources[path].directives
                      if (target := self.resolve(self.sources[path], directive.uri))
                      in self.sources} - found
        return found
