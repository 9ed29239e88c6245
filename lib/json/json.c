#include "json.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

/* ---- the check: each scan_…() returns false with the error's position in `at` ---- */

struct scan {
	const char *text;
	size_t len, at;
	size_t nodes, nodes_max;
	unsigned depth;
	const char *why; /* reason of the error; NULL: an unexpected character, or the end */
};

static int peek(const struct scan *s)
{
	return s->at < s->len ? (unsigned char)s->text[s->at] : -1;
}

/* Skips the character if it is the next one. */
static bool take(struct scan *s, char c)
{
	if (peek(s) != c)
		return false;
	s->at++;
	return true;
}

static bool scan_fail(struct scan *s, size_t at, const char *why)
{
	s->at = at;
	s->why = why;
	return false;
}

static void skip_space(struct scan *s)
{
	while (take(s, ' ') || take(s, '\n') || take(s, '\r') || take(s, '\t'))
		;
}

static bool count_node(struct scan *s)
{
	return ++s->nodes <= s->nodes_max || scan_fail(s, s->at, "too many values");
}

/* ---- strings ---- */

static bool scan_hex4(uint32_t *c, struct scan *s)
{
	*c = 0;
	for (int i = 0; i < 4; i++) {
		int digit = peek(s);

		if (digit >= '0' && digit <= '9')
			digit -= '0';
		else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
			digit = (digit | 0x20) - 'a' + 10;
		else
			return false;
		*c = *c << 4 | (uint32_t)digit;
		s->at++;
	}
	return true;
}

/* Scans after "\u": one UTF-16 code unit, or the two of a surrogate pair. */
static bool scan_unicode(uint32_t *c, struct scan *s)
{
	uint32_t low;

	if (!scan_hex4(c, s))
		return false;
	if (*c == 0) /* it would end a C string */
		return scan_fail(s, s->at, "U+0000 is not allowed");
	if (*c < 0xD800 || *c > 0xDFFF)
		return true;
	if (*c > 0xDBFF || !take(s, '\\') || !take(s, 'u') || !scan_hex4(&low, s) || low < 0xDC00 ||
	    low > 0xDFFF)
		return scan_fail(s, s->at, "half of a surrogate pair");
	*c = 0x10000 + ((*c - 0xD800) << 10) + (low - 0xDC00);
	return true;
}

/* Scans one character of a string and resolves escapes. */
static bool scan_char(uint32_t *c, struct scan *s)
{
	static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	int next = peek(s);
	const char *letter;
	size_t n;

	if (next >= 0x20 && next < 0x7F && next != '\\') { /* nearly always */
		*c = (unsigned char)next;
		s->at++;
		return true;
	}
	if (take(s, '\\')) {
		next = peek(s);
		letter = next > 0 ? strchr(letters, next) : NULL;
		if (!letter)
			return take(s, 'u') && scan_unicode(c, s);
		*c = (unsigned char)meanings[letter - letters];
		s->at++;
		return true;
	}
	n = utf8_decode(c, s->text + s->at, s->len - s->at);
	if (!n)
		return scan_fail(s, s->at, s->at < s->len ? "it is not UTF-8" : NULL);
	if (*c < 0x20)
		return scan_fail(s, s->at, "a control character in a string");
	s->at += n;
	return true;
}

/* Computes *hash (FNV-1a) over the characters, with escapes resolved. */
static bool scan_string(uint32_t *hash, struct scan *s)
{
	uint32_t c;

	*hash = 2166136261u;
	if (!take(s, '"'))
		return false;
	while (!take(s, '"')) {
		if (!scan_char(&c, s))
			return false;
		*hash = (*hash ^ c) * 16777619u;
	}
	return true;
}

/* ---- names ---- */

struct name {
	size_t at; /* position of the opening quotation mark */
	uint32_t hash;
};

/* Whether two names have the same characters. Their escapes may differ. */
static bool names_equal(const struct scan *s, const struct name *a, const struct name *b)
{
	struct scan x = *s, y = *s;
	uint32_t cx, cy;

	if (a->hash != b->hash)
		return false;
	x.at = a->at + 1;
	y.at = b->at + 1;
	while (peek(&x) != '"' && peek(&y) != '"') {
		if (!scan_char(&cx, &x) || !scan_char(&cy, &y) || cx != cy)
			return false;
	}
	return peek(&x) == peek(&y);
}

/* ---- values ---- */

static bool scan_literal(struct scan *s, const char *literal)
{
	while (*literal && take(s, *literal))
		literal++;
	return !*literal;
}

static bool scan_digits(struct scan *s)
{
	size_t from = s->at;

	while (peek(s) >= '0' && peek(s) <= '9')
		s->at++;
	return s->at > from;
}

static bool scan_number(struct scan *s)
{
	size_t from = s->at;

	take(s, '-');
	if (!take(s, '0') && !scan_digits(s))
		return false;
	if (take(s, '.') && !scan_digits(s))
		return false;
	if (take(s, 'e') || take(s, 'E')) {
		if (!take(s, '+'))
			take(s, '-');
		if (!scan_digits(s))
			return false;
	}
	return s->at - from <= JSON_NUMBER_MAX || scan_fail(s, from, "a number is too long");
}

static bool scan_value(struct scan *s);

static bool scan_array(struct scan *s)
{
	skip_space(s);
	if (take(s, ']'))
		return true;
	do {
		if (!scan_value(s))
			return false;
	} while (take(s, ','));
	return take(s, ']');
}

static bool scan_object(struct scan *s)
{
	struct name names[JSON_NAMES_MAX];
	size_t n = 0;

	skip_space(s);
	if (take(s, '}'))
		return true;
	do {
		struct name name;

		skip_space(s);
		name.at = s->at;
		if (n == JSON_NAMES_MAX)
			return scan_fail(s, s->at, "too many names in an object");
		if (!count_node(s) || !scan_string(&name.hash, s))
			return false;
		for (size_t i = 0; i < n; i++) {
			if (names_equal(s, &names[i], &name))
				return scan_fail(s, name.at, "a name is given twice");
		}
		names[n++] = name;
		skip_space(s);
		if (!take(s, ':') || !scan_value(s))
			return false;
	} while (take(s, ','));
	return take(s, '}');
}

/* JSON_DEPTH_MAX limits the recursion to 20 KiB of stack. */
static bool scan_nested(struct scan *s, bool (*inside)(struct scan *s))
{
	bool valid;

	if (s->depth == JSON_DEPTH_MAX)
		return scan_fail(s, s->at, "nested too deeply");
	s->depth++;
	s->at++;
	valid = inside(s);
	s->depth--;
	return valid;
}

/* Scans a value and the white space around it. */
static bool scan_value(struct scan *s)
{
	uint32_t hash;
	bool valid;

	skip_space(s);
	if (!count_node(s))
		return false;
	switch (peek(s)) {
	case '{':
		valid = scan_nested(s, scan_object);
		break;
	case '[':
		valid = scan_nested(s, scan_array);
		break;
	case '"':
		valid = scan_string(&hash, s);
		break;
	case 't':
		valid = scan_literal(s, "true");
		break;
	case 'f':
		valid = scan_literal(s, "false");
		break;
	case 'n':
		valid = scan_literal(s, "null");
		break;
	default:
		valid = scan_number(s);
	}
	if (valid)
		skip_space(s);
	return valid;
}

static enum err check_within(size_t *at, const char *text, size_t len, size_t nodes_max)
{
	struct scan s = {.text = text, .len = len, .nodes_max = nodes_max};

	if (scan_value(&s) && s.at == len)
		return OK;
	*at = s.at;
	return ERR_INVALID;
}

enum err json_check(size_t *at, const char *text, size_t len)
{
	return check_within(at, text, len, JSON_NODES_MAX);
}

const char *json_reason(const char *text, size_t len)
{
	struct scan s = {.text = text, .len = len, .nodes_max = JSON_NODES_MAX};

	if (scan_value(&s) && s.at == len)
		return NULL;
	return s.why ? s.why : s.at == len ? "unexpected end" : "unexpected character";
}

/* ---- json-c ---- */

void json_release(void *object)
{
	json_object_put(object);
}

static enum err parse_within(struct json_object **object, size_t *at, struct arena *arena,
			     const char *text, size_t len, size_t nodes_max)
{
	struct json_tokener *tokener;
	struct json_object *parsed;
	bool valid;
	enum err e;

	if (len >= INT_MAX) {
		*at = INT_MAX;
		return ERR_INVALID;
	}
	e = check_within(at, text, len, nodes_max);
	if (e)
		return e;
	tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	if (!tokener)
		return ERR_NO_MEMORY;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	parsed = json_tokener_parse_ex(tokener, text, (int)len);
	/* After a number at the top level, json-c expects more digits or a NUL. */
	if (json_tokener_get_error(tokener) == json_tokener_continue)
		parsed = json_tokener_parse_ex(tokener, "", 1);
	valid = json_tokener_get_error(tokener) == json_tokener_success;
	json_tokener_free(tokener);
	/* The text is valid, so json-c can only fail for lack of memory. */
	if (!valid || (parsed && !arena_defer(arena, json_release, parsed)))
		return ERR_NO_MEMORY;
	*object = parsed;
	return OK;
}

enum err json_parse(struct json_object **object, size_t *at, struct arena *arena, const char *text,
		    size_t len)
{
	return parse_within(object, at, arena, text, len, JSON_NODES_MAX);
}

enum err json_parse_large(struct json_object **object, size_t *at, struct arena *arena,
			  const char *text, size_t len)
{
	return parse_within(object, at, arena, text, len, JSON_LARGE_NODES_MAX);
}

bool json_add(struct json_object *object, const char *name, struct json_object *value)
{
	if (object && value && json_object_object_add(object, name, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

bool json_append(struct json_object *array, struct json_object *value)
{
	if (array && value && json_object_array_add(array, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

const char *json_text(size_t *len, struct json_object *object)
{
	size_t ignored;

	return json_object_to_json_string_length(
	    object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, len ? len : &ignored);
}
