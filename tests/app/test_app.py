"""Checks of the app without compiling it."""

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
from description import described

OF_THE_APP = (
    structure.syntax, structure.sizes, structure.imports, structure.unused_imports,
    structure.layers, structure.orphans, structure.pubspec, structure.unused_dependencies,
    structure.analysis, structure.tests, names.unknown_libraries, names.unseen, functions.unseen,
    calls.wrong_arguments, calls.unknown_members, calls.missing_members, calls.unused,
    members.members, switches.switches, lifetimes.unended, lifetimes.listening, visuals.tokens,
    visuals.loose_colours, visuals.texts, visuals.bare_texts, visuals.error_words, api.readers, api.kept,
    api.sample_names, *platforms.CHECKS)
OF_ITS_CALLS = (
    api.paths, api.sent, api.answers, api.error_fields, api.samples, api.test_calls)


@pytest.fixture(scope="module")
def description():
    return described()


def title(check):
    return f"{check.__module__}.{check.__name__}"


def none(found):
    """Asserts that there are no violations; prints all of them."""
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("check", OF_THE_APP, ids=title)
def test_the_app(app, check):
    none(check(app))


@pytest.mark.parametrize("check", OF_ITS_CALLS, ids=title)
def test_its_calls(app, description, check):
    none(check(app, description))
