"""The names that a file uses, and their visibility.

Names of types and constructors begin with a capital letter; each that a file uses is declared in
it, in a file of the app that it imports, or in a library that it imports (known_names.py).
"""

from dart import child, text_of
from known_names import EXPORTED

MEMBER_OF = {"unconditional_assignable_selector", "conditional_assignable_selector",
             "cascade_selector", "label"}
DECLARING = {"class_definition", "mixin_declaration", "enum_declaration", "type_parameter",
             "extension_declaration", "extension_type_declaration", "combinator"}


def is_type_name(name):
    bare = name.lstrip("_")
    return bare[:1].isupper() and not (len(bare) > 1 and bare.isupper())


def used(source):
    """(name, prefix, node) of each type's name that a file uses."""
    parameters = {text_of(child(node, "type_identifier")) for node in source.of("type_parameter")}
    for node in source.of("identifier", "type_identifier"):
        name = text_of(node)
        if not is_type_name(name) or name in parameters or node.parent.type in DECLARING:
            continue
        prefix = _prefix(source, node)
        if node.parent.type not in MEMBER_OF or prefix:
            yield name, prefix, node


def _prefix(source, node):
    """The import's prefix before a name, None where it has none."""
    prefixes = {directive.prefix for directive in source.directives if directive.prefix}
    before = node.prev_sibling
    if node.parent.type in MEMBER_OF and node.parent.parent.type == "selector":
        before = node.parent.parent.prev_sibling
    if before is not None and before.type == ".":
        before = before.prev_sibling
    name = text_of(before) if before is not None and before.type in (
        "identifier", "type_identifier") else None
    return name if name in prefixes else None


def library_names(uri):
    """The known exports of a library; None if the library is unknown."""
    if uri not in EXPORTED:
        return None
    exports, names = EXPORTED[uri]
    found = set(names.split())
    for other in exports:
        found |= library_names(other)
    return found


def visible(app, source, prefix=None):
    """The names that a file's imports export, and whether all of them are known."""
    found = set() if prefix else source.declared | library_names("dart:core")
    whole = True
    for directive in source.directives:
        if directive.kind == "export" or directive.prefix != prefix:
            continue
        own = app.resolve(source, directive.uri)
        names = app.exported(own) if own else library_names(directive.uri)
        if names is None:
            whole = False
            continue
        if directive.kind == "part" and own in app.sources:
            names = names | app.sources[own].declared
        found |= {name for name in names if directive.lets_through(name)}
    return found, whole


def unknown_libraries(app):
    """Every imported library is in known_names.py."""
    return sorted({f"{directive.uri}: not in known_names.py"
                   for source in app.sources.values() for directive in source.directives
                   if directive.uri not in EXPORTED and not app.resolve(source, directive.uri)})


def unseen(app):
    """Every type that a file uses is visible to it."""
    faults = []
    for source in app.sources.values():
        seen, reported = {}, set()
        for name, prefix, node in used(source):
            if prefix not in seen:
                seen[prefix] = visible(app, source, prefix)
            names, whole = seen[prefix]
            if whole and name not in names and name not in reported:
                reported.add(name)
                faults.append(f"{source.at(node)}: {name} is declared nowhere that it imports")
    return faults


def unknown_names(app):
    """The unseen names with the files that use them, for updates of known_names.py."""
    found = {}
    for source in app.sources.values():
        names, _ = visible(app, source)
        for name, prefix, _ in used(source):
            if name not in names and not prefix:
                libraries = sorted(d.uri for d in source.directives
                                   if not app.resolve(source, d.uri))
                found.setdefault(name, set()).add(tuple(libraries))
    return found


def templates(source):
    """Names in `$name` of strings, for which the parser has no node."""
    return [node for node in source.nodes if node.type == "identifier_dollar_escaped"]


CHECKS = (unknown_libraries, unseen)
