"""Each check of the app finds its violation, which is planted in a copy of the app."""

import contextlib
import functools
import json
import re
import shutil

import pytest

import api
import calls
import functions
import lifetimes
import visuals
import members
import names
import platforms
import structure
import switches
from conftest import ROOT
from dart import FOLDERS, App
from description import described
from test_app import OF_ITS_CALLS, OF_THE_APP, title

PARTS = (*FOLDERS, "android", "ios", "web", "pubspec.yaml", "analysis_options.yaml")
PRODUCT, CART = (f"lib/domain/models/{name}.dart" for name in ("product", "cart"))
MODELS, SESSION = api.MODELS, "lib/data/services/session_service.dart"
PATHS, CLIENT, ERRORS = api.PATHS_DART, api.CLIENT_DART, api.ERRORS_DART
TOKENS, TEXTS, WORDS = visuals.TOKENS_DART, visuals.TEXTS_DART, visuals.WORDS_DART
PUBSPEC, OPTIONS = "pubspec.yaml", "analysis_options.yaml"
PROJECT, MANIFEST = platforms.PROJECT, f"{platforms.MAIN}/AndroidManifest.xml"
ICON = f"{platforms.ASSETS}/AppIcon.appiconset/Contents.json"
NEW = None  # in place of a pattern: the file is new

# (check, file, replaced pattern, replacement, text of the violation)
BREAKS = [
    (structure.syntax, PRODUCT, r"final String name;", "final String name", "product.dart"),
    (structure.syntax, CLIENT, r"\n}\n", "\n", "api_client.dart"),
    (structure.sizes, PRODUCT, r"\Z", "\n" * 401, "product.dart: 4"),
    (structure.imports, CART, r"'sellable\.dart'", "'sellables.dart'", "no such file"),
    (structure.imports, CLIENT, r"package:http/http", "package:dio/dio", "not declared"),
    (structure.imports, PUBSPEC, r"\n  http: .*", "", "package:http/http.dart: not declared"),
    (structure.imports, PRODUCT, r"\A", "import 'package:flutter_test/flutter_test.dart';\n",
     "a dependency of the tests alone"),
    (structure.imports, PRODUCT, r"\A", "import '../../../test/a_test.dart';\n", "no such file"),
    (structure.imports, PRODUCT, r"\A", "import 'dart:html';\n", "no library of Dart"),
    (structure.unused_imports, PRODUCT, r"\A", "import 'paged.dart';\n", "paged.dart is used"),
    (structure.layers, CART, r"\A", "import '../../data/services/api_client.dart';\n",
     "domain doesn't import data/services"),
    (structure.layers, "lib/ui/core/view_model.dart", r"\A",
     "import '../../data/services/device_store.dart';\n", "ui doesn't import data/services"),
    (structure.orphans, "lib/utils/lonely.dart", NEW, "const int lonely = 1;\n", "lonely.dart"),
    (structure.pubspec, PUBSPEC, r"\n  http: \^", "\n  http: ", "http: "),
    (structure.pubspec, PUBSPEC, r"\n  http: .*", "\n  http: '>=1.6.0 <2.0.0'", "http: "),
    (structure.pubspec, PUBSPEC, r"\n  sdk: .*", "\n  sdk: '>=3.8.0'", "no upper bound"),
    (structure.pubspec, PUBSPEC, r"publish_to: none", "", "publish_to"),
    (structure.pubspec, PUBSPEC, r"dependencies:\n", "dependencies:\n  flutter_lints: ^6.0.0\n",
     "flutter_lints is declared twice"),
    (structure.unused_dependencies, PUBSPEC, r"dependencies:\n", "dependencies:\n  dio: ^5.0.0\n",
     "nothing imports dio"),
    (structure.analysis, OPTIONS, r"strict-casts: true", "strict-casts: false", "strict-casts"),
    (structure.analysis, OPTIONS, r"include: .*", "", "flutter_lints"),
    (structure.tests, "test/empty_test.dart", NEW, "void main() {}\n", "empty_test.dart: no test"),
    (structure.tests, "lib/ui/new/new_screen.dart", NEW, "int a = 1;\n", "no new_screen_test.dart"),
    (structure.tests, "test/strays.dart", NEW, "void main() {\n  test('a', () {});\n}\n",
     "strays.dart"),
    (functions.unseen, MODELS, r"import '\S*json\.dart';", "", "declared nowhere"),
    (functions.unseen, CLIENT, r"import 'dart:convert';\n", "", "declared nowhere"),
    (names.unknown_libraries, PRODUCT, r"\A", "import 'package:dio/dio.dart';\n", "package:dio"),
    (names.unseen, CART, r"import 'sellable\.dart';\n", "", "Sellable is declared nowhere"),
    (names.unseen, CLIENT, r"import 'dart:async';\n", "", "Completer is declared nowhere"),
    (names.unseen, CLIENT, r"http\.Response", "http.Respons", "Respons is declared nowhere"),
    (names.unseen, PRODUCT, r"final String name;", "final Sting name;", "Sting is declared"),
    (calls.wrong_arguments, MODELS, r"lineId: readString", "id: readString", "no parameter id"),
    (calls.wrong_arguments, MODELS, r"\n  stock: readInt\(.*", "", "stock is missing"),
    (calls.wrong_arguments, MODELS, r"readInt\(json, 'stock'\)", "readInt(json)",
     "1 by place, 2 to 2 are taken"),
    (calls.wrong_arguments, MODELS, r"OrderStatus\.of\(", "OrderStatus.from(",
     "OrderStatus.from(…)"),
    (calls.unknown_members, WORDS, r"Texts\.errorCredentials", "Texts.errorPassword",
     "Texts has no errorPassword"),
    (calls.unknown_members, WORDS, r"OrderStatus\.packed", "OrderStatus.wrapped", "no wrapped"),
    (calls.unknown_members, CLIENT, r"ApiCall\.profile", "ApiCall.account", "no account"),
    (calls.missing_members, "testing/fakes/fake_cart_repository.dart", r"\bflush\b", "flushAll",
     "has no flush"),
    (calls.missing_members, CART, r"@override\n  final int stock;", "", "CartLine has no stock"),
    (calls.unused, PRODUCT, r"\Z", "\nclass Unused {}\n", "Unused is unused"),
    (members.members, CLIENT, r"_sessions\.current\b", "_sessions.actual", "has no actual"),
    (members.members, CLIENT, r"_sessions\.end\(SessionEnd\.expired\)", "_sessions.end()",
     "0 by place, 1 to 1 are taken"),
    (members.members, CLIENT, r"sending\.call\.timeout", "sending.call.delay", "no delay"),
    (members.members, CLIENT, r"sending\.abort\(\)", "sending.abort(now: true)",
     "no parameter now"),
    (switches.switches, WORDS, r"\n  TooMany\(\) => .*", "", "no case for TooMany"),
    (switches.switches, WORDS, r"\n  Offline\(\) => .*", "", "no case for Offline"),
    (switches.switches, WORDS, r"OrderStatus\.packed =>", "OrderStatus.placed =>",
     "no case for OrderStatus.packed"),
    (lifetimes.unended, "lib/data/services/app_activity.dart", r"_listener\.dispose\(\);", "",
     "_listener: a AppLifecycleListener without dispose()"),
    (lifetimes.listening, "lib/utils/new.dart", NEW,
     "class A {\n  A(this.b) {\n    b.addListener(_changed);\n  }\n}\n", "without its removeListener"),
    (visuals.tokens, TOKENS, r"0xFF0B6B3A", "0xFF0B6B3B", "ShopColors.light"),
    (visuals.tokens, TOKENS, r"0xFF0F1512", "0xFF0F1513", "ShopColors.dark.background"),
    (visuals.tokens, TOKENS, r"space4 = 16", "space4 = 18", "Tokens.space4: 18"),
    (visuals.tokens, TOKENS, r"radiusCard = 14", "radiusOfCard = 14", "Tokens.radiusCard: missing"),
    (visuals.tokens, TOKENS, r"Color\(0x0F17211B\)", "Color(0x1F17211B)", "Shadows.light"),
    (visuals.loose_colours, WORDS, r"\Z", "\nconst Color stray = Color(0xFF112233);\n",
     "a colour of its own"),
    (visuals.texts, TEXTS, r"abstract final class Texts {\n",
     "abstract final class Texts {\n  static const String errorNever = 'Never.';\n", "errorNever"),
    (visuals.bare_texts, "lib/ui/new.dart", NEW, "const String a = 'Some words here';\n",
     "Some words here"),
    (visuals.error_words, WORDS, r"\n  'cart_is_full'.*", "", "no words for 'cart_is_full'"),
    (visuals.error_words, WORDS, r"'cart_is_full'", "'cart_full'", "the shop has no code 'cart_full'"),
    (platforms.files, MANIFEST, r"</application>", "", "mismatched tag"),
    (platforms.files, "web/manifest.json", r'"name"', "name", "manifest.json"),
    (platforms.android, MANIFEST, r"@style/LaunchTheme", "@style/Launch", "no @style/Launch"),
    (platforms.android, MANIFEST, r"\.MainActivity", ".Main", "no app.tokri.shop.Main"),
    (platforms.android, "android/app/src/debug/AndroidManifest.xml", r"<application ",
     '<application android:allowBackup="true" ', "has another value"),
    (platforms.android, platforms.APP_GRADLE, r'namespace = "app', 'namespace = "in', "differ"),
    (platforms.android, "android/settings.gradle.kts", r"plugins \{", "plugins", "not in pairs"),
    (platforms.xcode, PROJECT, r"\);", ")", "was expected"),
    (platforms.xcode, PROJECT, r"fileRef = 7", "fileRef = 8", "no such object"),
    (platforms.xcode, PROJECT, r"path = AppDelegate", "path = Delegate", "no such file"),
    (platforms.xcode, "ios/Runner/New.swift", NEW, "import UIKit\n", "New.swift: not part"),
    (platforms.xcode, platforms.SCHEME, r'"97C146ED', '"97C146EE', "no such target"),
    (platforms.icons, "web/manifest.json", r"icons/192", "icons/193", "icons/193.png"),
    (platforms.icons, ICON, r"1024x1024", "512x512", "no opaque picture"),
    (platforms.brand, platforms.PLIST, r">Tokri<", ">Quick Commerce App<", "Info.plist"),
    (platforms.brand, PROJECT, r"app\.tokri\.shop", "com.example.app", "com.example.app"),
    (api.readers, "lib/utils/json.dart", r"\Z", "\nNum readNum(Json json, String name) => 1;\n",
     "readNum"),
    (api.kept, SESSION, r"readString\(kept, 'token'\)", "readString(kept, 'jwt')", "read are"),
    (api.sample_names, "test/new_test.dart", NEW, "final a = sampleJson('nosuch');\n", "nosuch"),
    (api.paths, PATHS, r"'/cart/add'", "'/cart/put'", "no POST /cart/put"),
    (api.paths, PATHS, r"'DELETE'", "'POST'", "no POST /cart/remove"),
    (api.paths, PATHS, r"\bhealth\(", "unhealthy(", "no method of the client makes it"),
    (api.paths, CLIENT, r"_nothing,\n", "_nothing, '/cart/secret',\n", "/cart/secret"),
    (api.sent, CLIENT, r"'quantity': quantity", "'count': quantity", "quantity is missing"),
    (api.sent, CLIENT, r", 'otp': otp", "", "otp is missing"),
    (api.sent, CLIENT, r"'limit': ", "'size': ", "takes no such"),
    (api.sent, CLIENT, r"path: \{'product_id'", "path: {'id'", "product_id is missing"),
    (api.answers, MODELS, r"'image_url'", "'picture_url'", "the answer has no picture_url"),
    (api.answers, MODELS, r"readInt\(json, 'stock'\)", "readString(json, 'stock')", "is a integer"),
    (api.answers, MODELS, r"readIntOrNull\(json, 'stock'\)", "readIntOrNull(json, 'stok')",
     "the answer has no stok"),
    (api.answers, MODELS, r"readString\(json, 'name'\)", "json['name'] as String", "literal name"),
    (api.answers, CLIENT, r"asList\(answer\.json, cartLineFromJson\)",
     "cartLineFromJson(asObject(answer.json))", "the answer is a array"),
    (api.answers, MODELS, r"'last_updated'", "'updated'", "has no updated"),
    (api.test_calls, "test/new_test.dart", NEW, "final a = 'GET /order/{id}/state';\n", "state"),
    (api.error_fields, ERRORS, r"'product_ids'", "'products'", "no refusal has products"),
]


def changed(text, pattern, by):
    """A text with the first match of a pattern replaced."""
    if pattern is NEW:
        return by
    assert re.search(pattern, text), f"the app has changed: there is no {pattern}"
    return re.sub(pattern, lambda _: by, text, count=1)


@contextlib.contextmanager
def broken(folder, name, pattern, by):
    """Changes one file of the copy during the block."""
    path = folder / name
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(changed(before or "", pattern, by), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink()
        if before is not None:
            path.write_text(before, encoding="utf-8")


@pytest.fixture(scope="module")
def description():
    return described()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of the app."""
    made = tmp_path_factory.mktemp("app")
    for part in PARTS:
        source = ROOT / "quick_commerce_app" / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, made / part)
    return made


def found(check, folder, description):
    """The violations of a check in a copy."""
    app = App(folder)
    return set(check(app, description) if check in OF_ITS_CALLS else check(app))


@functools.cache
def found_in_the_app(check, description):
    """The violations of a check in the unchanged app."""
    return found(check, ROOT / "quick_commerce_app", description)


@pytest.mark.parametrize("row", BREAKS,
                         ids=[f"{title(row[0])}-{n}" for n, row in enumerate(BREAKS)])
def test_a_planted_violation_is_found(folder, description, row):
    check, name, pattern, by, finding = row
    with broken(folder, name, pattern, by):
        new = found(check, folder, description) - found_in_the_app(check, description)
    assert any(finding in fault for fault in new), new


def test_a_malformed_sample_is_found(folder, description):
    name = f"{api.SAMPLES}/product.json"
    sample = json.loads((folder / name).read_text())
    for wrong in ({"body": {**sample["body"], "price": "60"}}, {"route": "GET /product"},
                  {"body": {**sample["body"], "colour": "white"}}, {"status": 418}):
        with broken(folder, name, NEW, json.dumps({**sample, **wrong})):
            assert any("product.json" in fault
                       for fault in found(api.samples, folder, description)), wrong


def test_every_check_has_a_planted_violation():
    shown = {row[0] for row in BREAKS} | {api.samples}
    assert {title(check) for check in (*OF_THE_APP, *OF_ITS_CALLS)} == {
        title(check) for check in shown}
