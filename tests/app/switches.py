"""Switches over the app's sealed classes and enums are exhaustive."""

from calls import BODIES, all_types, parents
from dart import child, children, name_of, text_of, walk

CASES = ("switch_expression_case", "switch_statement_case")
PATTERNS = ("object_pattern", "constant_pattern", "variable_pattern")


def values(node):
    return {name_of(part) for part in child(node, *BODIES).children if part.type == "enum_constant"}


def covers(pattern):
    """The complete case of a pattern: (class, None), (enum, value), "all"; None for a partial one."""
    if pattern.type == "variable_pattern":
        return "all" if not child(pattern, "type_identifier") else None
    if pattern.type == "constant_pattern":
        qualified = child(pattern, "qualified")
        names = [text_of(part) for part in children(qualified, "type_identifier", "identifier")] \
            if qualified else []
        if len(names) == 2:
            return tuple(names)
        return "all" if text_of(pattern) == "_" else None
    narrowed = any(inner.type in PATTERNS and covers(inner) != "all" for inner in pattern.children)
    return None if narrowed else (text_of(child(pattern, "type_identifier")), None)


def cases_of(switch):
    """(complete cases, every class and enum that they name); None if one case takes all, or if the
    switch matches several values together."""
    taken, named = set(), set()
    for node in switch.children:
        if node.type == "switch_statement_default":
            return None
        if node.type not in CASES:
            continue
        if child(node, "record_pattern", "list_pattern", "map_pattern"):
            return None
        guarded = any(part.type == "when" for part in node.children)
        for pattern in children(node, *PATTERNS):
            cover = covers(pattern)
            if cover == "all" and not guarded:
                return None
            named |= {text_of(found) for found in walk(pattern) if found.type == "type_identifier"}
            taken |= {cover} if cover and not guarded else set()
    return taken, named


def uncovered(name, types, taken):
    """The subclasses of a sealed class without a case."""
    if (name, None) in taken:
        return set()
    below = [other for other, (_, node) in types.items()
             if any(name in group for group in parents(node))]
    if not child(types[name][1], "sealed") or not below:
        return {name}
    return {missing for other in below for missing in uncovered(other, types, taken)}


def switches(app):
    """Every switch over a sealed class or an enum has a case for each subclass or value."""
    types, faults = all_types(app), []
    sealed = [name for name, (_, node) in types.items() if child(node, "sealed")]
    for source in app.sources.values():
        for switch in source.of("switch_expression", "switch_block"):
            found = cases_of(switch)
            if found is None:
                continue
            taken, named = found
            missing = {f"{name}.{value}" for name in named & types.keys()
                       if types[name][1].type == "enum_declaration"
                       for value in values(types[name][1]) if (name, value) not in taken}
            for root in sealed:
                below = {other for other, (_, node) in types.items()
                         if any(root in group for group in parents(node))}
                if below & {name for name, value in taken if value is None}:
                    missing |= uncovered(root, types, taken)
            if missing:
                faults.append(f"{source.at(switch)}: no case for {', '.join(sorted(missing))}")
    return faults
