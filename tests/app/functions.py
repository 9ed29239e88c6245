"""Functions and constants in lower case: every used one is visible to its file."""

import names
from dart import name_of, text_of

# The functions that the app uses of libraries: other names are not checked.
OF_LIBRARIES = {
    "dart:async": "unawaited scheduleMicrotask runZonedGuarded",
    "dart:convert": "jsonDecode jsonEncode utf8 json base64",
    "dart:math": "min max pi",
    "package:flutter/foundation.dart":
        "kIsWeb kReleaseMode defaultTargetPlatform debugPrint listEquals",
    "package:flutter_test/flutter_test.dart":
        "test group setUp tearDown addTearDown testWidgets expect expectLater find findsOneWidget "
        "findsNothing",
}
LIBRARY_OF = {name: uri for uri, words in OF_LIBRARIES.items() for name in words.split()}
DECLARES = ("initialized_variable_definition", "initialized_identifier", "static_final_declaration",
            "function_signature", "getter_signature", "setter_signature", "enum_constant",
            "formal_parameter", "variable_pattern", "declared_identifier")
HOLDS_NAMES = ("formal_parameter", "catch_parameters", "for_loop_parts", "constant_pattern",
               "constructor_param", "super_formal_parameter", "variable_pattern")


def bare(source):
    """(name, node) of identifiers that are not members."""
    for node in source.of("identifier"):
        before = node.prev_sibling
        if before is not None and before.type in (".", "?.", ".."):
            continue
        if node.parent.type not in names.MEMBER_OF | {"qualified"}:
            yield text_of(node), node


def own(source):
    """Names that the file's declarations, parameters, variables and patterns have."""
    found = source.declared | {name_of(node) for node in source.of(*DECLARES)}
    for node in source.of(*HOLDS_NAMES):
        found |= {text_of(child) for child in node.children if child.type == "identifier"}
    return found


def tops(app):
    """Top-level declarations of the app's files."""
    return {name for source in app.sources.values() for name in source.declared
            if name and name[:1].islower()}


def unseen(app):
    """Every function that a file calls is visible to it."""
    faults, known = [], tops(app)
    for source in app.sources.values():
        own_names, reported = own(source), set()
        seen, _ = names.visible(app, source)
        uris = {directive.uri for directive in source.directives}
        for name, node in bare(source):
            if name in own_names or name in reported:
                continue
            if name in known and name not in seen or (
                    name in LIBRARY_OF and name not in known and LIBRARY_OF[name] not in uris):
                reported.add(name)
                faults.append(f"{source.at(node)}: {name} is declared nowhere that it imports")
    return faults
