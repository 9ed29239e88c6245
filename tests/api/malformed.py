"""Malformed input, made from valid input of a route."""

import json

WRONG_TYPES = ["text/plain", "application/x-www-form-urlencoded",
               "multipart/form-data; boundary=x", "application/xml", "application/jsonp",
               "application/json-seq", "json", "*/*", "x" * 999]
GOOD_TYPES = ["application/json", "Application/JSON", "application/json; charset=utf-8",
              "application/json;charset=UTF-8"]

# Values that JSON does not have or that the parser refuses, for an unknown field.
NO_VALUES = [
    "NaN", "Infinity", "-Infinity", "-0123", "0123", "1.", ".5", "+1", "0x10", "1e", "1e+", "--1",
    "-", "9" * 400, "nul", "True", "undefined", "'x'", '"\\x"', '"\\u12"', '"\\ud800"',
    '"\\udc00\\ud800"', '"\\u0000"', '"a\nb"', '"a\tb"', '"a\x00b"', '"a\x1fb"', '"open', "[1,]",
    "[,1]", "[1 2]", '{"a"}', '{"a":}', '{"a":1,}', '{a:1}', '{1:1}', '{"a":1 "b":2}', '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}', '{"a\\u0000b":1}', "[1}", "{]", "/* */1", "1//"]
NO_UTF8 = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82", b"\x80"]


def no_json(valid, room):
    """Malformed bodies, made from a valid one; `room` is the size limit of a body."""
    deep = room // 4
    text = json.dumps(valid)
    name, value = next(iter(valid.items()))
    escaped = f"\\u{ord(name[0]):04x}{name[1:]}"
    again = json.dumps(value)
    texts = [
        "", " ", "\n\n", "{", "}", text[:-1], text[:len(text) // 2], text[1:], "[]", "[1]", '"x"',
        "1", "null", "true", f"[{text}]", text + "x", text + text, text + "\x00", text + "\x00{}",
        text + ",", text[:-1] + ",}", text.replace('"', "'"), "\ufeff\ufeff" + text, "\ufeff", "<xml/>", "a=b&c=d",
        f'{text[:-1]}, "{name}": {again}}}', f'{text[:-1]}, "{escaped}": {again}}}',
        f'{{"x": {"[" * deep}{"]" * deep}, {text[1:]}', "[" * room, '{"a":' * (room // 5),
        f'{{"x": {"[" * 17}{"]" * 17}, {text[1:]}']
    texts += [f'{{"x": {no_value}, {text[1:]}' for no_value in NO_VALUES]
    bodies = [body.encode("utf-8") for body in texts]
    bodies += [b'{"x": "' + bad + b'", ' + text[1:].encode() for bad in NO_UTF8]
    bodies += [b'{"' + bad + b'": 1, ' + text[1:].encode() for bad in NO_UTF8]
    bodies += [text.encode("utf-16"), text.encode("utf-16-le"), b"\x00" * 100, b"\x1f\x8b\x08"]
    return bodies


def is_readable(value):
    """Whether the parser accepts a value at all: it refuses U+0000 and lone surrogates."""
    return not isinstance(value, str) or not any(c == "\x00" or "\ud800" <= c <= "\udfff"
                                                 for c in value)


def wrong_fields(valid, wrong):
    """(field, body) with one wrong field each, missing ones included."""
    for name, values in wrong.items():
        for value in values:
            yield name, {**valid, name: value}
        yield name, {key: value for key, value in valid.items() if key != name}


BAD_IDS = ["0", "-1", "x" * 24, "a" * 23, "a" * 25, "a" * 3000, "%20", "%0a", "%0d%0aX:%20y", "%ff",
           "%c0%80", "%ed%a0%80", "%24ne", "{}", "[]", "a%00b", "%22", "'", "%5c", "%3Cb%3E", "%25",
           "%F0%9F%98%80", ";", "null", "undefined", "a%2Fb", "%2e%2e%2fx", "a" * 24 + "%00",
           "%E2%80%AE", "$", "*", "~"]
BAD_ENCODINGS = ["%", "%z", "%zz", "%0", "%00", "%u0041", "a%", "%%", "%2"]
QUERIES = ["%00", "%", "%zz=%zz", "a=%ff", "&&&=&=", "=", "a" * 3000, "a[]=1&a[$ne]=2", "a=1;b=2",
           "limit[]=1", "%F0%9F%98%80=1", "?" * 50, "a=1&" * 500, "'\";--"]
HEADERS = [
    ("Accept", "text/html"), ("Accept-Encoding", "x" * 2000), ("Range", "bytes=0-0"),
    ("Range", "bytes=99999999-"), ("If-Match", '"x"'), ("If-Modified-Since", "yesterday"),
    ("If-None-Match", "\\" * 500), ("X-Forwarded-For", "999.999.999.999"),
    ("Cookie", "=;=;=" * 200), ("Expect", "nonsense"), ("Upgrade", "websocket"),
    ("Connection", "upgrade"), ("Proxy", "http://x"), ("X-HTTP-Method-Override", "DELETE"),
    ("Content-Encoding", "gzip"), ("traceparent", "\xff" * 99), ("X-Request-ID", "\xff\xfe"),
    ("User-Agent", "\xff\x01"), ("X-Accel-Redirect", "/etc/passwd"),
    ("Host", ""), ("Host", "evil.example:99999"), ("Te", "trailers"), ("Authorization", "\xff")]
