"""Calls of the app's own constructors and functions, and the members that interfaces require.

Errors that a compiler would report: undeclared arguments, missing arguments, and missing members of an
interface.
"""

from collections import namedtuple

from dart import TYPES, child, children, name_of, text_of, walk

Signature = namedtuple("Signature", "required most named needed")
CLASS_LIKE = {"class_definition", "mixin_declaration", "enum_declaration",
              "extension_type_declaration"}
CONSTRUCTORS = {"constructor_signature", "constant_constructor_signature",
                "factory_constructor_signature", "redirecting_factory_constructor_signature"}
MEMBERS = {"function_signature", "getter_signature", "setter_signature"}
BODIES = ("class_body", "enum_body", "extension_body")


# ---- declarations ----

def signature(parameters):
    """The signature of a parameter list: minimum and maximum of positional ones, names, and required names."""
    by_place = children(parameters, "formal_parameter")
    required = most = len(by_place)
    named, needed = set(), set()
    optional = child(parameters, "optional_formal_parameters")
    if optional and text_of(optional).startswith("["):
        most += len(children(optional, "formal_parameter"))
    elif optional:
        previous = None
        for node in optional.children:
            if node.type == "formal_parameter":
                named.add(parameter_name(node))
                if "required" in (text_of(node).split(maxsplit=1)[0],
                                  text_of(previous) if previous else ""):
                    needed.add(parameter_name(node))
            previous = node
    return Signature(required, most, named, needed)


def parameter_name(node):
    """The name of a parameter, of `this.name` and `super.name` too."""
    named = node.child_by_field_name("name")
    if named:
        return text_of(named)
    inner = child(node, "constructor_param", "super_formal_parameter") or node
    return text_of(children(inner, "identifier")[-1])


def parameters_of(node):
    return child(node, "formal_parameter_list")


def constructors(node):
    """The constructors of a class by their suffix: "" or ".named"."""
    found = {}
    body = child(node, *BODIES)
    for inner in (found_in for part in body.children for found_in in (part, *part.children)):
        if inner.type not in CONSTRUCTORS:
            continue
        names = [text_of(part) for part in children(inner, "identifier")]
        found["." + names[1] if len(names) > 1 else ""] = signature(parameters_of(inner))
    if node.type == "extension_type_declaration":
        found.setdefault("", Signature(1, 1, set(), set()))
    return found or {"": Signature(0, 0, set(), set())}


def statics(node):
    """The static members of a class except constructors: the signatures of functions, None for others."""
    found = {".new": None, ".values": None} if node.type == "enum_declaration" else {".new": None}
    for part in child(node, *BODIES).children:
        if part.type == "enum_constant":
            found["." + name_of(part)] = None
        elif child(part, "static"):
            for inner in children(part, *MEMBERS):
                function = inner.type == "function_signature"
                found["." + name_of(inner)] = (signature(parameters_of(inner)) if function
                                               else None)
            found |= {"." + name_of(inner): None for inner in walk(part)
                      if inner.type in ("initialized_identifier", "static_final_declaration")}
    return found


def callables(app):
    """{file: {name: {"" or ".part": signature}}} of the top-level declarations of each file."""
    found = {}
    for source in app.sources.values():
        mine = found[source.path] = {}
        for node in source.root.children:
            if node.type in CLASS_LIKE and child(node, *BODIES):
                mine[name_of(node)] = {**statics(node), **constructors(node)}
            elif node.type == "function_signature":
                mine[name_of(node)] = {"": signature(parameters_of(node))}
    return found


def seen_by(app, source, found):
    """The callables that a file sees without a prefix; a name of two files is left out."""
    seen, owners = {}, {}
    for directive in source.directives:
        path = app.resolve(source, directive.uri)
        if directive.prefix or path not in app.sources:
            continue
        for name in app.exported(path):
            if directive.lets_through(name):
                for owner, names in found.items():
                    if name in names and not name.startswith("_"):
                        owners.setdefault(name, {})[owner] = names[name]
    for name, by_owner in owners.items():
        if len(by_owner) == 1:
            seen.update({name: next(iter(by_owner.values()))})
    return {**seen, **found[source.path]}


# ---- calls ----

def arguments(node):
    """(number by place, names) of an argument list."""
    names = [text_of(child(child(part, "label"), "identifier"))
             for part in children(node, "named_argument")]
    return len(children(node, "argument")), names


def calls(source):
    """(name, ".part" or "", arguments, node) of each call that begins with a bare name."""
    for node in source.of("const_object_expression", "new_expression"):
        name = child(node, "type_identifier")
        part = child(node, "identifier")
        prefixed = len(children(node, "type_identifier")) > 1
        if name and not prefixed:
            yield text_of(name), "." + text_of(part) if part else "", child(node, "arguments"), node
    for node in source.of("identifier"):
        if node.prev_sibling is not None and node.prev_sibling.type in (".", "?."):
            continue
        part, after = "", node.next_sibling
        if after is not None and after.type == "selector" and child(after, "type_arguments"):
            after = after.next_sibling
        if after is not None and after.type == "selector" and (
                dotted := child(after, "unconditional_assignable_selector")):
            named = child(dotted, "identifier")
            if named is None:
                continue
            part, after = "." + text_of(named), after.next_sibling
        given = child(after, "argument_part") if after is not None and after.type == "selector" \
            else None
        if given:
            yield text_of(node), part, child(given, "arguments"), node


def locals_of(source):
    """Names that parameters and variables of a file have: they may hide a function."""
    found = {parameter_name(node) for node in source.of("formal_parameter")
             if children(node, "identifier") or node.child_by_field_name("name")
             or child(node, "constructor_param", "super_formal_parameter")}
    for node in source.of("initialized_variable_definition", "initialized_identifier",
                          "static_final_declaration", "variable_pattern"):
        found.add(name_of(node) or "")
    for node in source.of("method_signature"):
        for inner in children(node, *MEMBERS):
            found.add(name_of(inner) or "")
    return found


def wrong_arguments(app):
    """Calls of the app's constructors and functions have the right arguments."""
    found, faults = callables(app), []
    for source in app.sources.values():
        seen, hidden = seen_by(app, source, found), None
        for name, part, given, node in calls(source):
            if name not in seen or given is None:
                continue
            if name[:1].islower() or name.lstrip("_")[:1].islower():
                hidden = locals_of(source) if hidden is None else hidden
                if name in hidden or part:
                    continue
            faults += [f"{source.at(node)}: {name}{part}(…): {wrong}"
                       for wrong in _wrong(seen[name], part, given)]
    return faults


def unknown_members(app):
    """`Class.name` of the app's classes is a member of the class."""
    found, faults = callables(app), []
    for source in app.sources.values():
        seen = {name: known for name, known in seen_by(app, source, found).items()
                if name.lstrip("_")[:1].isupper()}
        for node in source.of("identifier", "type_identifier"):
            member = _behind(node) if text_of(node) in seen else None
            if member and "." + member not in seen[text_of(node)]:
                faults.append(f"{source.at(node)}: {text_of(node)} has no {member}")
    return faults


def _behind(node):
    """The name behind a name and a dot."""
    after = node.next_sibling
    if after is not None and after.type == "selector" and child(after, "type_arguments"):
        after = after.next_sibling
    if after is None:
        return None
    if after.type == "selector":
        dotted = child(after, "unconditional_assignable_selector")
        after = child(dotted, "identifier") if dotted else None
    elif after.type == "." and node.parent.type in ("qualified", "const_object_expression"):
        after = after.next_sibling
    else:
        return None
    return text_of(after) if after is not None and after.type == "identifier" else None


def _wrong(known, part, given):
    wanted = known.get(part)
    if wanted is None:
        # The parser has no signature of other callable members.
        return [] if part in known else ["there is no such constructor or function"]
    return wrong_call(wanted, given)


def wrong_call(wanted, given):
    """The error of a call's arguments."""
    count, names = arguments(given)
    faults = [f"no parameter {name}" for name in names if name not in wanted.named]
    faults += [f"{name} is missing" for name in sorted(wanted.needed - set(names))]
    if not wanted.required <= count <= wanted.most:
        faults.append(f"{count} by place, {wanted.required} to {wanted.most} are taken")
    return faults


# ---- members ----

def members(node):
    """(names of a class, names of its abstract members), fields included."""
    has, asks = set(), set()
    for part in child(node, *BODIES).children if child(node, *BODIES) else ():
        if part.type == "method_signature" and not child(part, "static"):
            has |= {name_of(inner) for inner in children(part, *MEMBERS)}
        elif part.type == "declaration" and not child(part, "static"):
            asked = {name_of(inner) for inner in children(part, *MEMBERS)}
            if child(part, "external"):
                has |= asked
            else:
                asks |= asked
            has |= {name_of(inner) for inner in walk(part)
                    if inner.type in ("initialized_identifier", "static_final_declaration")}
    return {name for name in has if name}, {name for name in asks if name} - has


def parents(node):
    """(names of extended classes and mixins, names of interfaces)."""
    above = child(node, "superclass")
    taken = []
    if above:
        taken = [text_of(n) for n in children(above, "type_identifier")]
        mixed = child(above, "mixins")
        taken += [text_of(n) for n in children(mixed, "type_identifier")] if mixed else []
    asked = child(node, "interfaces")
    return taken, [text_of(n) for n in children(asked, "type_identifier")] if asked else []


def all_types(app):
    """Every class of the app by name; one that two files declare is left out."""
    found, twice = {}, set()
    for source in app.sources.values():
        for name, node in source.types().items():
            if node.type in CLASS_LIKE:
                twice |= {name} & found.keys()
                found[name] = source, node
    return {name: entry for name, entry in found.items() if name not in twice}


def owed(name, types, seen=()):
    """(members of a class with the inherited ones, required members)."""
    if name not in types or name in seen:
        return set(), set()
    node = types[name][1]
    has, asks = members(node)
    taken, asked = parents(node)
    for parent in taken:
        inner_has, inner_asks = owed(parent, types, (*seen, name))
        has |= inner_has
        asks |= inner_asks
    for parent in asked:
        inner_has, inner_asks = owed(parent, types, (*seen, name))
        asks |= {n for n in inner_has | inner_asks if not n.startswith("_")}
    return has, asks - has


def missing_members(app):
    """Each concrete class has all members of its interfaces."""
    types, faults = all_types(app), []
    for name, (source, node) in types.items():
        if node.type != "class_definition" or child(node, "abstract", "sealed"):
            continue
        has, asks = owed(name, types)
        if "noSuchMethod" in has:
            continue
        asks = asks - (FRAMEWORK if _takes_from_others(name, types) else set())
        faults += [f"{source.at(node)}: {name} has no {member}" for member in sorted(asks)]
    return faults


# Members of the framework's classes that the app's interfaces repeat.
FRAMEWORK = {"addListener", "removeListener", "notifyListeners", "dispose", "hasListeners", "value",
             "toString", "hashCode", "runtimeType", "createState", "build", "key"}


def _takes_from_others(name, types):
    """Whether a class extends or mixes in a class from outside of the app."""
    seen, newest = set(), {name}
    while newest:
        seen |= newest
        above = {parent for one in newest for group in parents(types[one][1]) for parent in group}
        if above - types.keys():
            return True
        newest = above - seen
    return False


# ---- unused declarations ----

def unused(app):
    """Every declaration of lib/ is used elsewhere in lib/."""
    places = {}
    for source in app.lib():
        for node in source.of("identifier", "type_identifier", "identifier_dollar_escaped"):
            places.setdefault(text_of(node), []).append((source.path, node.start_byte))
    return [f"{source.at(node)}: {name} is unused"
            for source in app.lib() for name, node in declarations(source)
            if name != "main" and node.type != "extension_declaration"
            and all(path == source.path and node.start_byte <= place < node.end_byte
                    for path, place in places.get(name, ()))]


def declarations(source):
    """(name, node) of the top-level declarations of a file."""
    for node in source.root.children:
        if node.type in TYPES | MEMBERS:
            yield name_of(node), node
        elif node.type in ("static_final_declaration_list", "initialized_identifier_list"):
            yield from ((name_of(inner), inner) for inner in node.named_children)
