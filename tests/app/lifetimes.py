"""Classes of lib/ end the objects that they create."""

import re

from calls import BODIES, CLASS_LIKE, all_types, parents
from dart import child, children, name_of, text_of, walk

# How each is ended.
ENDS = {
    "AnimationController": "dispose", "AppLifecycleListener": "dispose",
    "ChangeNotifier": "dispose", "FocusNode": "dispose", "ScrollController": "dispose",
    "TextEditingController": "dispose",
    "ValueNotifier": "dispose", "StreamController": "close", "StreamSubscription": "cancel",
    "Timer": "cancel",
}


def endings(app):
    """{class: how it is ended}, with the app's subclasses."""
    found, types = dict(ENDS), all_types(app)

    def ending(name, seen=()):
        if name in found or name not in types or name in seen:
            return found.get(name)
        taken, _ = parents(types[name][1])
        return next(filter(None, (ending(parent, (*seen, name)) for parent in taken)), None)

    return found | {name: how for name in types if (how := ending(name))}


def fields(body):
    """(name, class) of each field."""
    for part in children(body, "declaration"):
        stated = children(part, "type_identifier")
        if child(part, "static") or child(part, "function_type"):
            continue
        for inner in walk(part):
            if inner.type in ("initialized_identifier", "static_final_declaration"):
                made = next((text_of(part) for part in inner.children[1:]
                             if part.type == "identifier"), None)
                yield name_of(inner), text_of(stated[0]) if stated else made


def made_here(name, text):
    """Whether a class creates the value of a field, or listens to it."""
    constructor, listening = r"_?[A-Z]\w*(\.\w+)?(<[^=;]*>)?\(", r"[^;=]*\.listen\("
    return re.search(rf"\b{name}\s*(\?\?)?=\s*({constructor}|{listening})", text)


def ended(name, how, text):
    """Whether a class's text ends it, by its name or in a loop over a list with it."""
    return (re.search(rf"\b{name}\s*[!?]?\.{how}\(", text)
            or re.search(rf"\[[^\]]*\b{name}\b[^\]]*\][^;]*\.{how}\(", text))


def unended(app):
    """A class ends the controllers, notifiers, timers and subscriptions that it creates."""
    how = endings(app)
    return [f"{source.at(node)}: {name_of(node)}.{name}: a {kind} without {how[kind]}()"
            for source in app.lib() for node in source.of(*CLASS_LIKE) if child(node, *BODIES)
            for name, kind in fields(child(node, *BODIES)) if kind in how
            and made_here(name, text_of(node)) and not ended(name, how[kind], text_of(node))]


def listening(app):
    """A class removes its listeners from longer-lived objects, with the same function."""
    return [f"{source.at(node)}: {name_of(node)}: {found[1]}.addListener({found[2]}) without its "
            "removeListener"
            for source in app.lib() for node in source.of(*CLASS_LIKE)
            for found in re.finditer(r"(\w+(?:\.\w+)*)\??\.addListener\((\w+)\)", text_of(node))
            if not re.search(rf"\b{re.escape(found[1])}[?!]?\.removeListener\({found[2]}\)",
                             text_of(node))]
