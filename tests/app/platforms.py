"""The folders of Android, iOS and the web are complete for a build, and agree."""

import json
import plistlib
import re
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import PurePosixPath

from dart import string_of, text_of

ANDROID = "{http://schemas.android.com/apk/res/android}"
MAIN = "android/app/src/main"
PROJECT = "ios/Runner.xcodeproj/project.pbxproj"
SCHEME = "ios/Runner.xcodeproj/xcshareddata/xcschemes/Runner.xcscheme"
WORKSPACE = "ios/Runner.xcworkspace/contents.xcworkspacedata"
PLIST = "ios/Runner/Info.plist"
ASSETS = "ios/Runner/Assets.xcassets"
APP_GRADLE = "android/app/build.gradle.kts"
# Files that the Flutter tool needs first.
NEEDED = (
    "android/settings.gradle.kts", "android/build.gradle.kts", APP_GRADLE,
    "android/gradle.properties", "android/gradle/wrapper/gradle-wrapper.properties",
    f"{MAIN}/AndroidManifest.xml", PROJECT, SCHEME, WORKSPACE,
    "ios/Runner.xcodeproj/project.xcworkspace/contents.xcworkspacedata", PLIST,
    "ios/Flutter/AppFrameworkInfo.plist", "ios/Flutter/Debug.xcconfig",
    "ios/Flutter/Release.xcconfig", "web/index.html", "web/manifest.json",
)
# Files that the tool generates at each build.
GENERATED = ("GeneratedPluginRegistrant.h", "GeneratedPluginRegistrant.m",
             "Flutter/Generated.xcconfig", "Runner/GeneratedPluginRegistrant.h")
XML = {".xml", ".plist", ".storyboard", ".xcscheme", ".xcworkspacedata"}


def text(app, name):
    """A file's text; empty if it is missing."""
    path = app.folder / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def under(app, *tops):
    """The paths of the files below some folders of the app."""
    return sorted(path.relative_to(app.folder).as_posix() for top in tops
                  for path in (app.folder / top).rglob("*") if path.is_file())


def files(app):
    """Each file that the Flutter tool needs exists and is well-formed."""
    faults = [f"{name}: there is no such file" for name in NEEDED
              if not (app.folder / name).exists()]
    for name in under(app, "android", "ios", "web"):
        try:
            if PurePosixPath(name).suffix in XML:
                ElementTree.fromstring(text(app, name).encode())
            elif name.endswith(".json"):
                json.loads(text(app, name))
        except (ElementTree.ParseError, ValueError) as wrong:
            faults.append(f"{name}: {wrong}")
    return faults


# ---- Android ----

def gradle(app, name, key):
    """A quoted setting of a Gradle file; empty if it is missing."""
    found = re.search(rf'\b{key}\b[^"\n]*"([^"]*)"', text(app, name))
    return found[1] if found else ""


def resources(app):
    """{"type/name"} of every resource of the app."""
    found = set()
    for name in under(app, f"{MAIN}/res"):
        folder, file = PurePosixPath(name).parent.name, PurePosixPath(name).stem
        kind = folder.partition("-")[0]
        if kind == "values":
            tree = ElementTree.fromstring(text(app, name).encode())
            found |= {f"{node.tag}/{node.get('name')}" for node in tree}
        else:
            found.add(f"{kind}/{file}")
    return found


def android(app):
    """Each resource and class that Android's files name exists; braces are closed."""
    faults, known = [], resources(app)
    for name in under(app, "android"):
        shown = text(app, name) if not name.endswith((".png", ".jar")) else ""
        if name.endswith(".xml"):
            faults += [f"{name}: there is no @{wanted}"
                       for wanted in re.findall(r'[">]@(?!android:)(\w+/\w+)', shown)
                       if wanted not in known]
        if name.endswith((".kts", ".kt")):
            bare = re.sub(r'"[^"\n]*"|//.*', "", shown)
            faults += [f"{name}: {pair} are not in pairs" for pair in ("()", "{}", "[]")
                       if bare.count(pair[0]) != bare.count(pair[1])]
    faults += merged(app)
    space = gradle(app, APP_GRADLE, "namespace")
    if space != gradle(app, APP_GRADLE, "applicationId"):
        faults.append(f"{APP_GRADLE}: namespace and applicationId differ")
    manifest = f"{MAIN}/AndroidManifest.xml"
    for node in ElementTree.fromstring(text(app, manifest) or "<manifest/>").iter("activity"):
        made = node.get(f"{ANDROID}name").lstrip(".")
        source = text(app, f"{MAIN}/kotlin/{space.replace('.', '/')}/{made}.kt")
        if not re.search(rf"^package {re.escape(space)}$", source, re.M) or \
                f"class {made}" not in source:
            faults.append(f"{manifest}: there is no {space}.{made}")
    return faults


def merged(app):
    """The manifests of other builds do not contradict the main one."""
    def setting_of(name):
        shown = text(app, name) or "<manifest/>"
        return {(node.tag, key): value for node in ElementTree.fromstring(shown.encode()).iter()
                if not node.get(f"{ANDROID}name", "").startswith(("android.", "."))
                for key, value in node.attrib.items()}

    main = setting_of(f"{MAIN}/AndroidManifest.xml")
    return [f"{name}: {tag} has another value of {key}" for name in under(app, "android/app/src")
            if name.endswith("/AndroidManifest.xml") and not name.startswith(MAIN)
            for (tag, key), value in setting_of(name).items() if main.get((tag, key), value) != value]


# ---- iOS ----

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|[\w./$-]+|[{}()=;,]|\S', re.S)


def project_of(shown):
    """An Xcode project as dictionaries, lists and texts; ValueError if it is malformed."""
    tokens = [found for found in TOKEN.findall(shown) if not found.startswith(("//", "/*"))]

    def take(wanted=None):
        if not tokens or wanted and tokens[0] != wanted:
            raise ValueError(f"{wanted or 'more'} was expected before {tokens[:5]}")
        return tokens.pop(0)

    def value():
        first = take()
        if first == "{":
            found = {}
            while tokens and tokens[0] != "}":
                key = take().strip('"')
                take("=")
                found[key] = value()
                take(";")
            take("}")
            return found
        if first == "(":
            found = []
            while tokens and tokens[0] != ")":
                found.append(value())
                take(",")
            take(")")
            return found
        if len(first) == 1 and not first.isalnum():
            raise ValueError(f"{first} was not expected before {tokens[:5]}")
        return first.strip('"')

    found = value()
    if tokens:
        raise ValueError(f"more after the end: {tokens[:5]}")
    return found


def xcode(app):
    """Xcode's project is complete: each named object and each named file exists."""
    try:
        project = project_of(text(app, PROJECT))
    except ValueError as wrong:
        return [f"{PROJECT}: {wrong}"]
    objects = project["objects"]
    named, faults = {project["rootObject"]}, []
    for key, made in objects.items():
        named |= {word for word in _words(made) if re.fullmatch(r"[0-9A-F]{24}", word)}
        faults += [f"{PROJECT}: {key}: {path}: there is no such file"
                   for path in _files(objects, key, made)
                   if path not in GENERATED and not (app.folder / "ios" / path).exists()]
    faults += [f"{PROJECT}: {key}: there is no such object" for key in named - objects.keys()]
    faults += [f"{PROJECT}: {key}: nothing names it" for key in objects.keys() - named]
    known = {PurePosixPath(made["path"]).name for made in objects.values() if "path" in made}
    faults += [f"{name}: not part of {PROJECT}" for name in under(app, "ios/Runner")
               if PurePosixPath(name).name not in known and not name.startswith(ASSETS)]
    targets = {key for key, made in objects.items() if made.get("isa") == "PBXNativeTarget"}
    faults += [f"{SCHEME}: {found}: there is no such target" for found in
               re.findall(r'BlueprintIdentifier = "(\w+)"', text(app, SCHEME))
               if found not in targets]
    if "group:Runner.xcodeproj" not in text(app, WORKSPACE):
        faults.append(f"{WORKSPACE}: it has no Runner.xcodeproj")
    return faults


def _words(value):
    """Every text of an object, those of its keys too."""
    if isinstance(value, dict):
        return [word for key, inner in value.items() for word in (key, *_words(inner))]
    if isinstance(value, list):
        return [word for inner in value for word in _words(inner)]
    return [value]


def _files(objects, key, made):
    """The paths that an object names, from ios/ on."""
    settings = made.get("buildSettings", {})
    found = [settings[name] for name in ("INFOPLIST_FILE", "SWIFT_OBJC_BRIDGING_HEADER")
             if name in settings]
    if made.get("isa") == "PBXFileReference" and made.get("sourceTree") == "<group>" \
            and made["path"] not in GENERATED:
        found.append("/".join((*_folders(objects, key), made["path"])))
    return found


def _folders(objects, key):
    """The folders of the groups that a file is in, outermost first."""
    for parent, made in objects.items():
        if key in made.get("children", ()):
            return (*_folders(objects, parent), *filter(None, [made.get("path")]))
    return ()


# ---- the web ----

def size_of(path):
    """Width and height of a PNG, and whether it has an alpha channel; None if it is not a PNG."""
    data = path.read_bytes() if path.exists() else b""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        return None
    width, height, _, colours = struct.unpack(">IIBB", data[16:26])
    return f"{width}x{height}", colours in (4, 6)


def icons(app):
    """Each icon exists in its stated size; iOS icons have no alpha channel."""
    manifest = json.loads(text(app, "web/manifest.json") or "{}")
    wanted = [(f"web/{icon['src']}", icon["sizes"]) for icon in manifest.get("icons", ())]
    faults = [f"web/manifest.json: no icon of {size}" for size in ("192x192", "512x512")
              if size not in [stated for _, stated in wanted]]
    catalogue = json.loads(text(app, f"{ASSETS}/AppIcon.appiconset/Contents.json") or "{}")
    wanted += [(f"{ASSETS}/AppIcon.appiconset/{image['filename']}", image["size"])
               for image in catalogue.get("images", ())]
    for name, size in wanted:
        found = size_of(app.folder / name)
        if found is None or found[0] != size or found[1] and name.startswith("ios/"):
            faults.append(f"{name}: no opaque picture of {size}")
    return faults + [f"web/index.html: {name}: there is no such file" for name in
                     re.findall(r'href="([^"$:]+)"', text(app, "web/index.html"))
                     if not (app.folder / "web" / name).exists()]


# ---- all of them ----

def brand(app):
    """The app has one name and one id everywhere."""
    source = app.sources.get("lib/ui/core/texts.dart")
    wanted = next((string_of(node.children[-1]) for node in source.of("static_final_declaration")
                   if text_of(node).startswith("brand ")), None) if source else None
    manifest = ElementTree.fromstring(text(app, f"{MAIN}/AndroidManifest.xml") or "<manifest/>")
    label = next((node.get(f"{ANDROID}label") for node in manifest.iter("application")), None)
    info = plistlib.loads((text(app, PLIST) or "<plist><dict/></plist>").encode())
    web = json.loads(text(app, "web/manifest.json") or "{}")
    shown = {"AndroidManifest.xml": label, "Info.plist": info.get("CFBundleDisplayName"),
             "manifest.json": web.get("name"), "index.html": "".join(
                 re.findall(r"<title>(.*?)</title>", text(app, "web/index.html")))}
    faults = [f"{name}: the app is called {wanted!r}, not {found!r}"
              for name, found in shown.items() if found != wanted]
    wanted = gradle(app, APP_GRADLE, "applicationId")
    return faults + [f"{PROJECT}: its id is {found}, on Android {wanted}" for found in sorted(set(
        re.findall(r"PRODUCT_BUNDLE_IDENTIFIER = ([^;]+);", text(app, PROJECT))))
        if found != wanted]


CHECKS = (files, android, xcode, icons, brand)
