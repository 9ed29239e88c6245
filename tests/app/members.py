"""Uses of members of the app's classes, where the file declares a name's type.

A parser has no types of expressions, so that only some names are checked: those that are declared with a
class of the app as their type, or made by its constructor, and that have no other meaning in their file.
"""

from collections import namedtuple

from calls import (BODIES, FRAMEWORK, MEMBERS, all_types, parameter_name, parameters_of, parents,
                   signature, wrong_call)
from dart import child, children, name_of, text_of, walk

# A member: the signature of a method, and the class of its value.
Member = namedtuple("Member", "takes kind", defaults=(None, None))
MEMBER_SELECTORS = ("unconditional_assignable_selector", "conditional_assignable_selector")
OF_ALL = {"hashCode", "runtimeType", "toString", "noSuchMethod"}
OF_ENUMS = {"index", "name"}
# Classes of libraries that the app's classes extend, and their members.
OTHERS = {"ChangeNotifier": FRAMEWORK, "ValueNotifier": FRAMEWORK, "Exception": set(),
          "Listenable": FRAMEWORK, "StatelessWidget": FRAMEWORK, "StatefulWidget": FRAMEWORK,
          "ThemeExtension": {"type"}}
DECLARING = {"initialized_variable_definition", "initialized_identifier", "formal_parameter",
             "static_final_declaration", "variable_pattern", "for_loop_parts", "catch_parameters",
             "getter_signature", "constant_pattern", "pattern_assignment"}


# ---- members of classes ----

def instance_members(node):
    """{name: Member} of a class without inherited ones."""
    found = {}
    parameters = {text_of(child(part, "type_identifier")) for part in walk(node)
                  if part.type == "type_parameter"}
    for part in child(node, *BODIES).children if child(node, *BODIES) else ():
        if part.type not in ("method_signature", "declaration") or child(part, "static"):
            continue
        for inner in children(part, *MEMBERS):
            method = inner.type == "function_signature"
            takes = signature(parameters_of(inner)) if method else None
            if inner.type != "setter_signature" or name_of(inner) not in found:
                found[name_of(inner)] = Member(takes, _class_of(inner, parameters))
        kind = None if child(part, "function_type") else _class_of(part, parameters)
        found |= {name_of(inner): Member(None, kind) for inner in walk(part)
                  if inner.type in ("initialized_identifier", "static_final_declaration")}
    if node.type == "enum_declaration":
        found |= dict.fromkeys(OF_ENUMS, Member())
    return found


def _class_of(node, parameters):
    """The class that a declaration states; None for a type parameter, a function, a record."""
    stated = children(node, "type_identifier")
    name = text_of(stated[0]) if len(stated) == 1 else None
    return None if name in parameters else name


def extensions(app):
    """{type: names} of what the app's extensions add."""
    found = {}
    for source in app.sources.values():
        for node in source.of("extension_declaration"):
            on = children(node, "type_identifier")[-1:]
            found.setdefault(text_of(on[0]) if on else "", {}).update(instance_members(node))
    return found


def whole(name, types, added, seen=()):
    """The members of a class with the inherited ones; None if they are not all known."""
    if name in OTHERS:
        return dict.fromkeys(OTHERS[name], Member())
    if name not in types or name in seen:
        return None
    node = types[name][1]
    found = {**dict.fromkeys(OF_ALL, Member()), **added.get(name, {})}
    taken, asked = parents(node)
    for parent in (*asked, *taken):
        inherited = whole(parent, types, added, (*seen, name))
        if inherited is None:
            return None
        found |= inherited
    return {**found, **instance_members(node)}


def kin(types):
    """{class: itself and its subclasses}."""
    found = {name: {name} for name in types}
    above = {name: {parent for group in parents(node) for parent in group} & types.keys()
             for name, (_, node) in types.items()}
    for name in types:
        newest, seen = {name}, set()
        while newest:
            seen |= newest
            newest = {parent for one in newest for parent in above[one]} - seen
        for parent in seen:
            found[parent].add(name)
    return found


# ---- types of names ----

def returns(source):
    """{function: class that it returns}, if the type is a plain class."""
    found = {}
    for node in source.of("function_signature"):
        stated = children(node, "type_identifier")
        plain = len(stated) == 1 and not child(node, "type_arguments", "nullable_type")
        found.setdefault(name_of(node), set()).add(text_of(stated[0]) if plain else None)
    return {name: kinds.pop() for name, kinds in found.items() if len(kinds) == 1}


def type_of(node, returned):
    """The declared type of a name, or the type of its initializer."""
    stated = child(node, "type_identifier")
    if child(node, "function_type", "record_type"):
        return None
    if stated is not None:
        return text_of(stated) if len(children(node, "type_identifier")) == 1 else None
    made = child(node, "const_object_expression")
    if made is not None and made == node.children[-1]:
        return text_of(child(made, "type_identifier"))
    return _made_by(node, returned)


def _made_by(node, returned):
    """`x = Foo(…)` has the type Foo, `x = foo(…)` the type that foo returns."""
    parts = [part for part in node.children if part.type in ("identifier", "selector")]
    if len(parts) == 3 and parts[1].type == "identifier" and child(parts[2], "argument_part") \
            and parts[2] == node.children[-1]:
        made = text_of(parts[1])
        return made if made.lstrip("_")[:1].isupper() else returned.get(made)
    return None


def declared_types(source):
    """{name: types, None for an unknown one} of all declarations inside a file."""
    found, returned = {}, returns(source)
    for node in source.of(*DECLARING):
        if child(node, "constructor_param", "super_formal_parameter"):
            continue
        if node.type in ("initialized_identifier", "static_final_declaration"):
            above = node.parent.parent
            kind = type_of(above, returned) or _made_by(node, returned)
            if child(above, "function_type"):
                kind = None
            found.setdefault(name_of(node), set()).add(kind)
        elif node.type == "formal_parameter":
            found.setdefault(parameter_name(node), set()).add(type_of(node, returned))
        elif node.type in ("initialized_variable_definition", "getter_signature"):
            found.setdefault(name_of(node), set()).add(type_of(node, returned))
        else:
            for inner in children(node, "identifier"):
                found.setdefault(text_of(inner), set()).add(None)
    for node in source.of("superclass"):
        states = children(child(node, "type_arguments") or node, "type_identifier")
        if text_of(node).startswith("extends State<") and states:
            found.setdefault("widget", set()).add(text_of(states[0]))
    return found


def chains(source, names):
    """(name, [(member, arguments of a call)], node) of each `name.member…`."""
    for node in source.of("identifier"):
        before, after = node.prev_sibling, node.next_sibling
        if text_of(node) not in names or after is None or after.type != "selector" or (
                before is not None and before.type in (".", "?.", "..")) \
                or node.parent.type.endswith("assignable_selector"):
            continue
        links = []
        while after is not None and after.type == "selector":
            dotted = child(after, *MEMBER_SELECTORS)
            given = child(after, "argument_part")
            if dotted and child(dotted, "identifier"):
                links.append((text_of(child(dotted, "identifier")), None))
            elif given and links and links[-1][1] is None:
                links[-1] = links[-1][0], child(given, "arguments")
            elif text_of(after) != "!":
                break
            after = after.next_sibling
        if links:
            yield text_of(node), links, node


class Known:
    """The members of the app's classes."""

    def __init__(self, app):
        self.types = all_types(app)
        added = extensions(app)
        self.below = kin(self.types)
        self.members = {name: whole(name, self.types, added) for name in self.types}

    def step(self, kinds, member, given):
        """The error of using a member of one of these classes, and the types of the result."""
        # A member of a subclass is accepted.
        having = [self.members[one] for kind in kinds for one in self.below[kind]]
        if any(one is None for one in having):
            return [], None
        fitting = [one[member] for one in having if member in one]
        if not fitting:
            return [f"{' or '.join(sorted(kinds))} has no {member}"], None
        if given is not None and all(one.takes for one in fitting):
            wrong = [wrong_call(one.takes, given) for one in fitting]
            if all(wrong):
                return [f"{member}(…): {one}" for one in wrong[0]], None
        kinds = {one.kind if given is not None or not one.takes else None for one in fitting}
        return [], kinds if kinds <= self.types.keys() else None


def members(app):
    """Every used member of the app's objects exists, and is called with the right arguments."""
    known, faults = Known(app), []
    for source in app.sources.values():
        stated = declared_types(source)
        parameters = {text_of(child(node, "type_identifier"))
                      for node in source.of("type_parameter")}
        names = {name for name, kinds in stated.items()
                 if kinds <= known.types.keys() - parameters}
        for name, links, node in chains(source, names - source.types().keys()):
            kinds = stated[name]
            for member, given in links:
                wrong, kinds = known.step(kinds, member, given)
                faults += [f"{source.at(node)}: {name}…{member}: {one}" for one in wrong]
                if kinds is None:
                    break
    return faults
