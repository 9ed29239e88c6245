"""Paths of the services' routes that are written by hand in the gateway's templates. nginx/route_maps.sh makes
them of the tables; what every service has (the flag `common`) may be named."""

import re

import drift

# A word of nginx's configuration: in quotes, or up to a space, a brace or a semicolon. Braces belong to a variable
# or, in quotes, to a number of repetitions.
TOKEN = re.compile(r'''#[^\n]*|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|((?:\$\{\w+\}|[^\s;{}"'#])(?:\$\{\w+\}|[^\s;{}])*)|[;{}]''')
ID = "65f0c0ffee0123456789abcd"
KEY = "a-key"
UNKNOWN = "qzx7"  # matches no pattern


REGEX_FOLLOWS = ("~", "~*", "!~", "!~*", "rewrite")


def words(text):
    """(line number, word, whether it is a regular expression) of each word outside of comments. A variable of
    render.sh matches nothing."""
    before = ""
    for found in TOKEN.finditer(text):
        word = next((group for group in found.groups() if group is not None), "")
        if word:
            bare = re.sub(r"\$\{\w+\}", "\x01", word)
            yield text.count("\n", 0, found.start()) + 1, bare, bare[0] == "~" or before in REGEX_FOLLOWS
        before = word


def sample(path):
    return re.sub(r"\{\w+\}", ID, path)


def no_route(path):
    """A path of the same form that no service has: a word that matches it names no particular route."""
    return sample(re.sub(r"(?<=/)[^/{]+", UNKNOWN, path))


def spellings(method, path):
    """The keys of the gateway's maps for a route."""
    return [path, f"{method} {path}", f"{method} {path} {KEY}", f"gateway:{path}"]


def pattern_of(word):
    """The regular expression in a word in Python's form, or None. The last parenthesis may be that of an `if`."""
    word = re.sub(r"\(\?<(?=\w+>)", "(?P<", word.lstrip("~*"))
    word = re.sub(r"\\k<(\w+)>", r"(?P=\1)", word)
    for text in (word, word.removesuffix(")")):
        try:
            return re.compile(text)
        except re.error:
            pass
    return None


def has_literally(word, path):
    """Whether a word has the path, or is its part before the first parameter."""
    head = path.split("{")[0]
    if head != path:
        return word.rstrip("/") == head.rstrip("/")
    return re.search(rf"(?<![\w.-]){re.escape(path)}(?![\w-])", word) is not None


def names(word, is_regex, method, path):
    """Whether a word of a template is about the route."""
    if has_literally(word, path):
        return True
    pattern = pattern_of(word) if is_regex else None
    return pattern is not None and any(
        pattern.search(own) and not pattern.search(other)
        for own, other in zip(spellings(method, sample(path)), spellings(method, no_route(path))))


def faults(templates, routes):
    """templates: {name: text}; routes: {(method, path)}."""
    return [f"{name}:{line}: {word} is the path of {method} {path}: make it in nginx/route_maps.sh"
            for name, text in sorted(templates.items()) for line, word, is_regex in words(text)
            for method, path in sorted(routes) if names(word, is_regex, method, path)]


def gateway_paths(root):
    templates = {str(path.relative_to(root)): path.read_text() for path in root.glob("nginx/**/*.conf.in")}
    rows = [row for service in drift.SERVICES
            for row in drift.lines_of(root, drift.binary(root, service), "--routes")]
    own = {(method, path) for method, path, *_, flags in rows if "common" not in flags.split(",")}
    return faults(templates, own) if templates and own else ["no templates, or no routes"]
