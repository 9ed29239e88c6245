"""The app's files parse, find their imports, and have tests."""

import re

from dart import text_of

SDK = {"flutter", "flutter_test", "integration_test", "flutter_localizations",
       "flutter_web_plugins", "flutter_driver"}
DART_LIBRARIES = {"async", "collection", "convert", "core", "developer", "io", "js_interop",
                  "math", "typed_data", "ui"}
DEVELOPMENT = ("test/", "testing/", "integration_test/")
CARET = re.compile(r"\^\d+\.\d+\.\d+(?:[-+][\w.]+)?")
CAPPED = re.compile(r">=\d+\.\d+\.\d+ <\d+\.\d+\.\d+")
BOUNDS = re.compile(r"(\^\d+\.\d+\.\d+|>=\d+\.\d+\.\d+ <\d+\.\d+\.\d+)")
STRICT = ("strict-casts", "strict-inference", "strict-raw-types")
MOST_LINES = 400
# The folders that each folder of lib/ may import beside itself: from the screens down.
LAYERS = {
    "domain": (),
    "utils": ("domain",),
    "data/services": ("domain", "utils"),
    "data/repositories": ("data/services", "domain", "utils"),
    "ui": ("routing", "data/repositories", "domain", "utils"),
    "routing": ("ui", "data/repositories", "domain", "utils"),
    "config": ("data/repositories", "data/services", "domain", "utils"),
}
BASES = "lib/ui/core/"  # parts of screens are tested with the screens


def syntax(app):
    """Every file parses."""
    return [f"{source.at(node)}: {'missing ' + node.type if node.is_missing else 'not Dart'}: "
            f"{text_of(node)[:60]!r}"
            for source in app.sources.values() for node in source.faults()]


def sizes(app):
    """No file is too long to be read."""
    return [f"{source.path}: {lines} lines, {MOST_LINES} at the most"
            for source in app.sources.values()
            if (lines := source.text.count("\n")) > MOST_LINES]


# ---- imports ----

def imports(app):
    """Every import, export and part is a file of the app or of a declared dependency."""
    return [f"{source.path}:{directive.line}: {directive.kind} of {directive.uri}: {wrong}"
            for source in app.sources.values() for directive in source.directives
            if (wrong := _wrong_import(app, source, directive.uri))]


def _wrong_import(app, source, uri):
    own = app.resolve(source, uri)
    if own:
        if own not in app.sources:
            return "there is no such file"
        if source.path.startswith("lib/") and not own.startswith("lib/"):
            return "the app's own code can't use its tests'"
        return None
    scheme, _, rest = uri.partition(":")
    if scheme == "dart":
        return None if rest in DART_LIBRARIES else "no library of Dart"
    package = rest.partition("/")[0]
    if package in (app.pubspec.get("dependencies") or {}):
        return None
    if package not in (app.pubspec.get("dev_dependencies") or {}):
        return "not declared in pubspec.yaml"
    return None if source.path.startswith(DEVELOPMENT) else "a dependency of the tests alone"


def unused_imports(app):
    """An app's file that is imported and not used, of which the analyzer would warn."""
    return [f"{source.path}:{directive.line}: nothing of {directive.uri} is used"
            for source in app.sources.values() for directive in source.directives
            if directive.kind == "import" and (own := app.resolve(source, directive.uri))
            and own in app.sources and not app.exported(own) & _words(source)
            and not _extension_members(app, own) & _words(source)]


def _words(source):
    return {text_of(node) for node in source.of("identifier", "type_identifier",
                                                "identifier_dollar_escaped")}


def _extension_members(app, path):
    """The names of the members of a file's extensions, which are used without their names."""
    target = app.sources[path]
    return {text_of(inner) for node in target.of("extension_declaration")
            for inner in _named(node)}


def _named(node):
    stack = [node]
    while stack:
        found = stack.pop()
        if found.type.endswith("_signature"):
            named = found.child_by_field_name("name")
            if named:
                yield named
        stack.extend(found.children)


def layers(app):
    """Files of lib/ import only from the layers that theirs may use."""
    def layer(path):
        return next((name for name in LAYERS if path.startswith(f"lib/{name}/")), None)

    return [f"{source.path}:{directive.line}: {layer(source.path)} doesn't import {layer(own)}"
            for source in app.lib() if source.path != "lib/main.dart"
            for directive in source.directives
            if (own := app.resolve(source, directive.uri)) in app.sources
            and layer(own) != layer(source.path)
            and layer(own) not in LAYERS.get(layer(source.path), ())]


def orphans(app):
    """The app uses every file of lib/."""
    reached = app.reachable()
    return [f"{source.path}: not reachable from lib/main.dart"
            for source in app.lib() if source.path not in reached]


# ---- pubspec.yaml, analysis_options.yaml ----

def pubspec(app):
    """pubspec.yaml is valid, with ranges that allow compatible versions."""
    spec = app.pubspec
    faults = [f"pubspec.yaml: no {key}" for key in ("name", "description", "version",
                                                    "environment", "dependencies",
                                                    "dev_dependencies") if not spec.get(key)]
    if spec.get("publish_to") != "none":
        faults.append("pubspec.yaml: publish_to is none for an app")
    for name in ("sdk", "flutter"):
        bounds = str((spec.get("environment") or {}).get(name, ""))
        if not re.match(r"(\^|>=)\d+\.\d+\.\d+", bounds):
            faults.append(f"pubspec.yaml: environment: {name}: no bound: {bounds!r}")
        if name == "sdk" and not BOUNDS.fullmatch(bounds):
            faults.append(f"pubspec.yaml: environment: sdk: {bounds!r} has no upper bound")
    for section in ("dependencies", "dev_dependencies"):
        for name, wanted in (spec.get(section) or {}).items():
            if not _good_range(app, name, wanted):
                faults.append(f"pubspec.yaml: {section}: {name}: {wanted!r} is no caret range, "
                              "nor one with an end and its reason in a comment above")
    both = (spec.get("dependencies") or {}).keys() & (spec.get("dev_dependencies") or {}).keys()
    return faults + [f"pubspec.yaml: {name} is declared twice" for name in sorted(both)]


def _good_range(app, name, wanted):
    if name in SDK:
        return wanted == {"sdk": "flutter"}
    if not isinstance(wanted, str):
        return False
    text = (app.folder / "pubspec.yaml").read_text()
    explained = re.search(rf"^ *#.*\n +{name}:", text, re.M)
    return CARET.fullmatch(wanted) or (CAPPED.fullmatch(wanted) and explained)


def unused_dependencies(app):
    """Every dependency is imported."""
    used = {directive.uri.removeprefix("package:").partition("/")[0]
            for source in app.sources.values() for directive in source.directives}
    wanted = {name for section in ("dependencies", "dev_dependencies")
              for name in app.pubspec.get(section) or ()}
    return [f"pubspec.yaml: nothing imports {name}"
            for name in sorted(wanted - used - {"flutter", "flutter_lints", "cupertino_icons"})]


def analysis(app):
    """The analyzer's options are strict."""
    options = app.yaml("analysis_options.yaml") or {}
    faults = []
    if options.get("include") != "package:flutter_lints/flutter.yaml":
        faults.append("analysis_options.yaml: flutter_lints isn't included")
    language = (options.get("analyzer") or {}).get("language") or {}
    return faults + [f"analysis_options.yaml: {name} isn't on" for name in STRICT
                     if language.get(name) is not True]


# ---- tests ----

def tests(app):
    """Each test file holds a test; each screen and each view model has its file."""
    faults = [f"{path}: no test" for path, source in app.sources.items()
              if path.endswith("_test.dart")
              and not re.search(r"\b(test|testWidgets|group)\(", source.text)]
    names = {path.rpartition("/")[2] for path in app.sources}
    for source in app.lib():
        name = source.path.rpartition("/")[2].removesuffix(".dart")
        if (name.endswith(("_screen", "_view_model")) and not source.path.startswith(BASES)
                and f"{name}_test.dart" not in names):
            faults.append(f"{source.path}: no {name}_test.dart")
    strays = [path for path in app.sources if path.startswith(("test/", "integration_test/"))
              and not path.endswith("_test.dart")
              and re.search(r"^\s*(test|testWidgets)\(", app.sources[path].text, re.M)]
    return faults + [f"{path}: `flutter test` runs files that end in _test.dart" for path in strays]
