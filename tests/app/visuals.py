"""The app's design tokens, texts, and messages for errors."""

import re

from dart import child, name_of, string_of, text_of, walk
from description import ROOT

TOKENS_CSS = ROOT / "nginx/www/assets/css/tokens.css"
TOKENS_DART = "lib/ui/core/tokens.dart"
TEXTS_DART = "lib/ui/core/texts.dart"
WORDS_DART = "lib/ui/core/words.dart"
REM = 16
# Tokens whose values differ from those of the storefront.
NOT_IN_DART = {
    "font": "each platform's own",
    "focus": "the framework's own, in the primary colour",
    "color-scheme": "no token",
}
ROUNDED = {"weight-medium": "w600"}  # 550: platform fonts have hundreds alone

# Codes without a message of their own: the status decides, or the cause is an error of the app or of the
# network, for which the general message is right.
BY_STATUS = {401, 422, 429, 500, 501, 502, 503, 504}
BY_DEFAULT = {
    "bad_request", "length_required", "precondition_failed", "range_not_satisfiable",
    "unknown_host", "request_body_too_large", "uri_too_long", "unsupported_media_type",
    "request_header_fields_too_large", "method_not_allowed", "http_version_not_supported",
    "invalid_idempotency_key", "websocket_not_supported",
    "not_found",  # like any other 404
    "item_not_found",  # the cart is read again; the line is removed
    "user_not_found",  # a removed account
    "order_must_start_with_placed", "invalid_transition",  # of couriers
    "stock_given_back", "stock_release_put_off",  # of internal calls
    "stock_changed",  # of admins
}


# ---- tokens ----

def css_tokens(text):
    """The tokens of the light scheme, and the replacements of the dark one."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    light, _, rest = text.partition("@media (prefers-color-scheme: dark)")
    dark = rest.partition("@media")[0]
    return (dict(re.findall(r"--([\w-]+):\s*([^;]+);", part)) for part in (light, dark))


def camel(name):
    head, *rest = name.split("-")
    return head + "".join(part.capitalize() for part in rest)


def colour(value):
    """A colour as 0xAARRGGBB, or None."""
    if found := re.fullmatch(r"#([0-9a-fA-F]{6})", value):
        return 0xFF000000 | int(found[1], 16)
    if found := re.fullmatch(r"rgb\((\d+) (\d+) (\d+) / (\d+)%\)", value):
        red, green, blue, percent = map(int, found.groups())
        return round(percent * 2.55) << 24 | red << 16 | green << 8 | blue
    return None


def measure(name, value):
    """A token's expected value in Dart."""
    if name in ROUNDED:
        return f"FontWeight.{ROUNDED[name]}"
    if name.startswith("weight-"):
        return f"FontWeight.w{value}"
    if found := re.fullmatch(r"([\d.]+)(rem|px)", value):
        size = float(found[1]) * (REM if found[2] == "rem" else 1)
        return f"{size:g}"
    if found := re.fullmatch(r"(\d+)ms", value):
        return f"Duration(milliseconds: {found[1]})"
    if found := re.fullmatch(r"cubic-bezier\((.*)\)", value):
        return f"Cubic({found[1]})"
    return None


def shadows(value):
    """The layers of a shadow: (colour, y, blur)."""
    layers = re.findall(r"0 (\d+)px (\d+)px (rgb\([^)]*\))", value)
    return [(colour(rgb), float(y), float(blur)) for y, blur, rgb in layers]


def dart_constants(source, of):
    """The constants of a class: name and the text of the value."""
    body = child(source.types()[of], "class_body", "enum_body") if of in source.types() else None
    return {name_of(node): _value(node) for node in (source.of("static_final_declaration")
                                                     if body else ())
            if body.start_byte <= node.start_byte < body.end_byte}


def _value(node):
    """A value as one line."""
    text = text_of(node).partition("=")[2]
    return re.sub(r"\s+", " ", text).strip().removeprefix("const ")


def dart_colours(text):
    return {name: int(value, 16) for name, value in
            re.findall(r"(\w+): (?:const )?Color\(0x([0-9A-Fa-f]{8})\)", text)}


def dart_shadows(text):
    return [(int(c, 16), float(y), float(blur)) for c, y, blur in re.findall(
        r"Color\(0x([0-9A-Fa-f]{8})\), offset: Offset\(0, ([\d.]+)\), blurRadius: ([\d.]+)", text)]


def tokens(app):
    """Colours, sizes and motion equal those of the storefront in both schemes."""
    source = app.sources.get(TOKENS_DART)
    if source is None:
        return [f"{TOKENS_DART}: there is no such file"]
    light, dark = css_tokens(TOKENS_CSS.read_text())
    schemes, faults = dart_constants(source, "ShopColors"), []
    for scheme, values in (("light", light), ("dark", {**light, **dark})):
        wanted = {camel(name): colour(value) for name, value in values.items()
                  if colour(value) is not None}
        faults += _differing(f"ShopColors.{scheme}", wanted,
                             dart_colours(schemes.get(scheme, "")), "{:#010x}".format)
        found = dart_shadows(dart_constants(source, "Shadows").get(scheme, ""))
        if found != shadows(values["shadow"]):
            faults.append(f"{TOKENS_DART}: Shadows.{scheme} is {found}")
    wanted = {camel(name): measure(name, value) for name, value in light.items()
              if name not in NOT_IN_DART and name != "shadow" and colour(value) is None}
    return faults + _differing("Tokens", wanted, dart_constants(source, "Tokens"), str)


def _differing(where, wanted, found, show):
    return [f"{TOKENS_DART}: {where}.{name}: "
            f"{show(found[name]) if name in found else 'missing'}, "
            f"in the storefront {show(wanted[name]) if name in wanted else 'there is none'}"
            for name in sorted(wanted.keys() | found.keys())
            if wanted.get(name) != found.get(name)]


def loose_colours(app):
    """No other file of the app has a colour of its own."""
    return [f"{source.at(node)}: a colour of its own"
            for source in app.lib() if source.path != TOKENS_DART
            for node in source.of("identifier", "type_identifier")
            if text_of(node) == "Color" and re.match(rb"Color(\.from\w+)?\(", source.bytes[
                node.start_byte:node.start_byte + 20])]


# ---- texts ----

def texts(app):
    """Each text is used by the app."""
    source = app.sources.get(TEXTS_DART)
    if source is None:
        return [f"{TEXTS_DART}: there is no such file"]
    reached = app.reachable()
    used = {text_of(node) for path in reached - {TEXTS_DART}
            for node in _members_of(app.sources[path], "Texts")}
    within = [text_of(node) for node in source.of("identifier", "identifier_dollar_escaped")]
    return [f"{TEXTS_DART}: {name}: unused" for name in text_names(source)
            if name not in used and within.count(name) < 2]


def _members_of(source, owner):
    """The identifiers after a class's name and a dot."""
    for node in source.of("identifier", "type_identifier"):
        after = node.next_sibling
        if text_of(node) != owner or after is None:
            continue
        if after.type == "selector":
            yield from (found for found in walk(after.children[0]) if found.type == "identifier")
        elif after.type in (".", "identifier"):
            yield after if after.type == "identifier" else after.next_sibling


def text_names(source):
    """All texts: constants, and functions that return one."""
    body = child(source.types()["Texts"], "class_body")
    for node in body.children:
        for inner in walk(node):
            if inner.type in ("static_final_declaration", "function_signature"):
                yield name_of(inner)


def bare_texts(app):
    """User-visible texts are in texts.dart and words.dart, not in widgets."""
    return [f"{source.at(node)}: {text_of(node)} belongs into {TEXTS_DART}"
            for source in app.lib() if source.path.startswith("lib/ui/")
            and source.path not in (TEXTS_DART, WORDS_DART)
            for node in source.of("string_literal")
            if node.parent.type not in ("uri", "pair")
            and re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", string_of(node) or "")]


# ---- errors ----

def known_codes():
    """(code, statuses) of every refusal: the services' table and the gateway's."""
    found = {}
    rows = re.findall(r"X\(ERR_\w+,\s*(\d+),\s*\"(\w+)\"", (ROOT / "lib/base/err.h").read_text())
    rows += [(status or "400", code) for status, code in re.findall(
        r"^\s*(\d+|default)\s+'\{\"detail\":\"[^\"]*\",\"code\":\"(\w+)\"\}'",
        (ROOT / "nginx/snippets/errors.conf.in").read_text().replace("default ", "400 "), re.M)]
    for status, code in rows:
        found.setdefault(code, set()).add(int(status))
    return found


def worded_codes(source):
    """The codes with a message: the keys of the maps of words.dart whose values are texts."""
    return {string_of(key): key for pair in source.of("pair")
            if (key := pair.child_by_field_name("key")) is not None
            and key.type == "string_literal" and "Texts." in text_of(pair)}


def error_words(app):
    """Each code of the shop has a message, or is listed as needing none."""
    source = app.sources.get(WORDS_DART)
    if source is None:
        return [f"{WORDS_DART}: there is no such file"]
    codes, worded = known_codes(), worded_codes(source)
    faults = [f"{source.at(key)}: the shop has no code {code!r}"
              for code, key in worded.items() if code not in codes]
    faults += [f"{WORDS_DART}: no words for {code!r}" for code, statuses in sorted(codes.items())
               if code not in worded and code not in BY_DEFAULT and not statuses <= BY_STATUS]
    return faults + [f"{WORDS_DART}: {code!r} has words, and is stated to need none"
                     for code in sorted(BY_DEFAULT & worded.keys())]
