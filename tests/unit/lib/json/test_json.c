#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"

/* A text that may contain NUL. */
struct text {
	const char *bytes;
	size_t len;
};

#define T(literal)                           \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
static const struct text valid[] = {
	/* scalars at the top, with white space */
	T("null"), T("true"), T("false"), T("0"), T("-0"), T("42"), T("\"\""),
	T(" \t\r\n1 \t\r\n"),
	/* numbers */
	T("[0]"), T("[-1]"), T("[1.5]"), T("[-0.0]"), T("[1e5]"), T("[1E5]"), T("[1e+5]"),
	T("[1e-5]"), T("[0e0]"), T("[0.1e01]"), T("[9223372036854775807]"),
	T("[18446744073709551616]"), T("[12345678901234567890123456789012]"), T("[1e400]"),
	/* strings */
	T("[\"a\"]"), T("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"), T("[\"\\u0041\\u00e9\\uFFFF\"]"),
	T("[\"\\ud83d\\ude00\"]"), T("[\"\\uDBFF\\uDFFF\"]"), T("[\"\\u0001\\u001f\"]"),
	T("[\"\x7F\"]"), T("[\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"]"),
	T("[\"\xEF\xBB\xBF\"]"), T("[\"\xF4\x8F\xBF\xBF\"]"), T("[\"\\\\u0000\"]"),
	T("[\"// # {[\"]"),
	/* arrays and objects */
	T("[]"), T("[ ]"), T("{}"), T("{ }"), T("[[],{}]"), T("[1,2 , 3]"),
	T("[null,true,false]"), T("{\"a\":1}"), T(" { \"a\" : [ 1 , { \"b\" : null } ] } "),
	T("{\"\":0}"), T("{\"a\":1,\"A\":2,\"b\":{\"a\":3}}"), T("[{\"a\":1},{\"a\":2}]"),
	T("{\"a\":1,\"aa\":2,\"\":3}"), T("{\"\\u0061\":1,\"b\":2}"),
	/* two names that have the same hash */
	T("{\"\\u4f22A\":1,\"\\u4e22\\ud825\\udd41\":2}"),
};

static const struct text invalid[] = {
	/* no value, or more than one */
	T(""), T(" "), T("1 2"), T("{}{}"), T("{} x"), T("[1]]"), T("{\"a\":1}}"), T("null,"),
	T("{\"a\":1}\0"), T("{\"a\":1}\0garbage"), T("\0"), T("\xEF\xBB\xBF{}"), T("\xFE\xFF"),
	/* truncated */
	T("["), T("{"), T("[1"), T("[1,"), T("{\"a\""), T("{\"a\":"), T("{\"a\":1"),
	T("{\"a\":1,"), T("\""), T("\"a"), T("\"\\"), T("\"\\u"), T("\"\\u12"), T("tru"), T("-"),
	T("1e"), T("1."), T("\"\xE2\x82"), T("[\"\xF0\x9F"),
	/* literals */
	T("nul"), T("NULL"), T("True"), T("truex"), T("nan"), T("NaN"), T("[NaN]"), T("Infinity"),
	T("[-Infinity]"), T("undefined"), T("a"), T("'a'"),
	/* numbers */
	T("[01]"), T("[-0123]"), T("[00]"), T("[-]"), T("[+1]"), T("[.5]"), T("[-.5]"), T("[1.]"),
	T("[1.e1]"), T("[1e]"), T("[1e+]"), T("[1E-]"), T("[0x10]"), T("[1_000]"), T("[1 000]"),
	T("[1,5.]"), T("[--1]"), T("[1.2.3]"), T("[1e1.5]"), T("[1f]"), T("[\xEF\xBC\x91]"),
	T("[123456789012345678901234567890123]"), T("[0.0000000000000000000000000000001]"),
	/* strings: control characters, escapes, surrogates, UTF-8 */
	T("[\"\n\"]"), T("[\"\t\"]"), T("[\"\x1F\"]"), T("[\"a\0b\"]"), T("[\"\\a\"]"),
	T("[\"\\x41\"]"), T("[\"\\'\"]"), T("[\"\\U0041\"]"), T("[\"\\u004\"]"),
	T("[\"\\u004g\"]"), T("[\"\\u-041\"]"), T("[\"\\u 041\"]"), T("[\"\\\0\"]"),
	T("[\"\\u0000\"]"), T("{\"a\\u0000b\":1}"), T("[\"\\ud800\"]"), T("[\"\\udc00\"]"),
	T("[\"\\ud800a\"]"), T("[\"\\ud800\\n\"]"), T("[\"\\ud800\\ud800\"]"),
	T("[\"\\ud800\\u0041\"]"), T("[\"\\udc00\\ud800\"]"), T("[\"\x80\"]"),
	T("[\"\xC0\x80\"]"), T("[\"\xC1\xBF\"]"), T("[\"\xE0\x80\xAF\"]"),
	T("[\"\xED\xA0\x80\"]"), T("[\"\xF0\x80\x80\xAF\"]"), T("[\"\xF4\x90\x80\x80\"]"),
	T("[\"\xFF\"]"), T("[\"\xC3\"]"), T("[\"\xE2\x82\"]"), T("{\"\xC0\x80\":1}"), T("['a']"),
	T("[\"a]"), T("[a]"),
	/* arrays and objects */
	T("[,]"), T("[1,]"), T("[,1]"), T("[1,,2]"), T("[1 2]"), T("[1;2]"), T("[1:2]"), T("[}"),
	T("{]"), T("{,}"), T("{\"a\":1,}"), T("{,\"a\":1}"), T("{\"a\"}"), T("{\"a\",1}"),
	T("{\"a\":}"), T("{\"a\":1 \"b\":2}"), T("{\"a\"::1}"), T("{a:1}"), T("{'a':1}"),
	T("{1:1}"), T("{null:1}"), T("{\"a\":1;\"b\":2}"), T("]"), T("}"), T(":"), T(","),
	/* white space and comments that JSON doesn't have */
	T("[1]\f"), T("\v[1]"), T("[\xC2\xA0]"), T("[1]//"), T("/**/[1]"), T("[1]#"),
	/* duplicate names */
	T("{\"a\":1,\"a\":1}"), T("{\"a\":1,\"b\":2,\"a\":3}"), T("{\"\":1,\"\":2}"),
	T("{\"a\":1,\"\\u0061\":2}"), T("{\"\\/\":1,\"/\":2}"),
	T("{\"\xC3\xA9\":1,\"\\u00e9\":2}"), T("{\"\xF0\x9F\x98\x80\":1,\"\\uD83D\\uDE00\":2}"),
	T("[{\"x\":{\"a\":1,\"a\":2}}]"), T("{\"\\\"\":1,\"\\u0022\":2}"),
};
/* clang-format on */

/* A copy without a byte after its end, so that AddressSanitizer detects reads beyond it. */
static char *exact_copy(const struct text *t)
{
	char *copy = malloc(t->len ? t->len : 1);

	assert_non_null(copy);
	memcpy(copy, t->bytes, t->len);
	return copy;
}

static enum err check_exactly(size_t *at, const struct text *t)
{
	char *copy = exact_copy(t);
	enum err e = json_check(at, copy, t->len);

	free(copy);
	return e;
}

static void test_valid_texts(void **state)
{
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < N(valid); i++) {
		if (check_exactly(&at, &valid[i]) != OK)
			fail_msg("refused at %zu: %s", at, valid[i].bytes);
	}
}

static void test_invalid_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(invalid); i++) {
		size_t at = SIZE_MAX;

		if (check_exactly(&at, &invalid[i]) != ERR_INVALID)
			fail_msg("taken: row %zu: %s", i, invalid[i].bytes);
		assert_true(at <= invalid[i].len);
	}
}

static void test_truncated_texts_are_invalid(void **state)
{
	static const char text[] = "{\"a\":[1.5e3,true,\"\\ud83d\\ude00\xE2\x82\xAC\"],\"b\":{}}";
	size_t at;

	(void)state;
	for (size_t len = 0; len < sizeof text - 1; len++) {
		struct text t = {text, len};

		assert_int_equal(check_exactly(&at, &t), ERR_INVALID);
	}
	assert_int_equal(json_check(&at, text, sizeof text - 1), OK);
}

static void test_any_byte_at_any_position(void **state)
{
	static const char text[] = "{\"a\":[1.5e3,true,\"\\u00e9\\n\xE2\x82\xAC\"],\"b\":{}}";
	char changed[sizeof text];
	struct text t = {changed, sizeof text - 1};
	struct arena *arena = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof text - 1; i++) {
		for (int byte = 0; byte < 256; byte++) {
			struct json_object *object;
			size_t at = 0;

			memcpy(changed, text, sizeof text);
			changed[i] = (char)byte;
			/* json-c must accept what the check accepts. */
			if (check_exactly(&at, &t) == OK)
				assert_int_equal(json_parse(&object, &at, arena, changed, t.len),
						 OK);
			assert_true(at <= t.len);
			arena_reset(arena);
		}
	}
	arena_free(arena);
}

static const char *reason(const struct text *t)
{
	char *copy = exact_copy(t);
	const char *why = json_reason(copy, t->len);

	free(copy);
	return why;
}

static void test_error_position_and_reason(void **state)
{
	static const struct {
		struct text text;
		size_t at;
		const char *why;
	} rows[] = {
	    {T(""), 0, "unexpected end"},
	    {T("{\"a\":"), 5, "unexpected end"},
	    {T("[\"a"), 3, "unexpected end"},
	    {T("tru"), 3, "unexpected end"},
	    {T("[1,]"), 3, "unexpected character"},
	    {T("{\"a\":1}x"), 7, "unexpected character"},
	    {T("{\"a\" 1}"), 5, "unexpected character"},
	    {T("[\"\n\"]"), 2, "a control character in a string"},
	    {T("{\"a\":1,\"a\":2}"), 7, "a name is given twice"},
	    {T("{\"\xFF\":1}"), 2, "it is not UTF-8"},
	    {T("[\"\xFF\"]"), 2, "it is not UTF-8"},
	    {T("[\"\xE2\x82"), 2, "it is not UTF-8"},
	    {T("[\"\\u0000\"]"), 8, "U+0000 is not allowed"},
	    {T("[\"\\ud800a\"]"), 8, "half of a surrogate pair"},
	    {T("[01]"), 2, "unexpected character"},
	    {T("[1, 123456789012345678901234567890123]"), 4, "a number is too long"},
	    {T("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"), 16, "nested too deeply"},
	};
	size_t at;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		assert_int_equal(check_exactly(&at, &rows[i].text), ERR_INVALID);
		assert_int_equal(at, rows[i].at);
		assert_string_equal(reason(&rows[i].text), rows[i].why);
	}
	for (size_t i = 0; i < N(valid); i++)
		assert_null(reason(&valid[i]));
}

/* ---- ceilings ---- */

static char big[16 * JSON_NODES_MAX];

/* Returns `begin`, `n` times the piece with commas between, and `end`. */
static enum err check_repeated(const char *begin, size_t n, const char *piece, const char *end)
{
	size_t at, len = 0;

	len += (size_t)snprintf(big + len, sizeof big - len, "%s", begin);
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(big + len, sizeof big - len, "%s%s", i ? "," : "", piece);
	len += (size_t)snprintf(big + len, sizeof big - len, "%s", end);
	return json_check(&at, big, len);
}

static enum err check_depth(size_t depth, char opens, char closes)
{
	size_t at, len = 0;

	for (size_t i = 0; i < depth; i++)
		len += (size_t)snprintf(big + len, sizeof big - len, "%s%c",
					i && opens == '{' ? "\"a\":" : "", opens);
	memset(big + len, closes, depth);
	return json_check(&at, big, len + depth);
}

static void test_limits_depth(void **state)
{
	(void)state;
	assert_int_equal(check_depth(JSON_DEPTH_MAX, '[', ']'), OK);
	assert_int_equal(check_depth(JSON_DEPTH_MAX + 1, '[', ']'), ERR_INVALID);
	assert_int_equal(check_depth(JSON_DEPTH_MAX, '{', '}'), OK);
	assert_int_equal(check_depth(JSON_DEPTH_MAX + 1, '{', '}'), ERR_INVALID);
	memset(big, '[', sizeof big);
	assert_int_equal(json_check(&(size_t){0}, big, sizeof big), ERR_INVALID);
}

static void test_depth_counts_only_nesting(void **state)
{
	(void)state;
	assert_int_equal(check_repeated("[", 100, "[[{}]]", "]"), OK);
}

static void test_limits_nodes(void **state)
{
	(void)state;
	assert_int_equal(check_repeated("[", JSON_NODES_MAX - 1, "1", "]"), OK);
	assert_int_equal(check_repeated("[", JSON_NODES_MAX, "1", "]"), ERR_INVALID);
	assert_string_equal(json_reason(big, strlen(big)), "too many values");
	/* Each of these is an object, a name and a value. */
	assert_int_equal(check_repeated("[", (JSON_NODES_MAX - 1) / 3, "{\"a\":1}", "]"), OK);
	assert_int_equal(check_repeated("[", JSON_NODES_MAX / 3 + 1, "{\"a\":1}", "]"),
			 ERR_INVALID);
}

static enum err check_names(size_t n)
{
	size_t at, len = 0;

	big[len++] = '{';
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(big + len, sizeof big - len, "%s\"name%zu\":%zu",
					i ? "," : "", i, i);
	big[len++] = '}';
	return json_check(&at, big, len);
}

static void test_limits_names_of_object(void **state)
{
	(void)state;
	assert_int_equal(check_names(JSON_NAMES_MAX), OK);
	assert_int_equal(check_names(JSON_NAMES_MAX + 1), ERR_INVALID);
}

/* ---- parsing ---- */

static int make_arena(void **state)
{
	*state = arena_new(1 << 20);
	return *state ? 0 : -1;
}

static int drop_arena(void **state)
{
	arena_free(*state);
	return 0;
}

static void test_json_c_parses_all_valid_texts(void **state)
{
	struct json_object *object;
	size_t at;

	for (size_t i = 0; i < N(valid); i++) {
		char *copy = exact_copy(&valid[i]);

		if (json_parse(&object, &at, *state, copy, valid[i].len) != OK)
			fail_msg("not parsed: %s", valid[i].bytes);
		free(copy);
	}
}

static void test_parse_refuses_invalid_texts(void **state)
{
	struct json_object *object;
	size_t at;

	for (size_t i = 0; i < N(invalid); i++)
		assert_int_equal(json_parse(&object, &at, *state, invalid[i].bytes, invalid[i].len),
				 ERR_INVALID);
}

static void test_parse_values(void **state)
{
	static const char text[] = "{\"s\":\"\\u00e9\\/\",\"i\":-7,\"d\":60.50,\"n\":null}";
	struct json_object *object, *value;
	size_t at, len;

	assert_int_equal(json_parse(&object, &at, *state, text, sizeof text - 1), OK);
	assert_true(json_object_object_get_ex(object, "s", &value));
	assert_string_equal(json_object_get_string(value), "\xC3\xA9/");
	assert_true(json_object_object_get_ex(object, "i", &value));
	assert_int_equal(json_object_get_int64(value), -7);
	assert_true(json_object_object_get_ex(object, "n", &value));
	assert_null(value);
	assert_string_equal(json_text(&len, object),
			    "{\"s\":\"\xC3\xA9/\",\"i\":-7,\"d\":60.50,\"n\":null}");
	assert_int_equal(len, strlen(json_text(NULL, object)));
}

static void test_parse_top_level_scalars(void **state)
{
	struct json_object *object;
	size_t at;

	assert_int_equal(json_parse(&object, &at, *state, "12", 2), OK);
	assert_int_equal(json_object_get_int64(object), 12);
	assert_int_equal(json_parse(&object, &at, *state, "null", 4), OK);
	assert_null(object);
}

static void test_parse_large_accepts_more_nodes(void **state)
{
	struct json_object *object;
	size_t at;

	assert_int_equal(check_repeated("[", JSON_NODES_MAX, "1", "]"), ERR_INVALID);
	assert_int_equal(json_parse(&object, &at, *state, big, strlen(big)), ERR_INVALID);
	assert_int_equal(json_parse_large(&object, &at, *state, big, strlen(big)), OK);
	assert_int_equal(json_object_array_length(object), JSON_NODES_MAX);
}

static void test_parse_fails_if_out_of_memory(void **state)
{
	struct arena *arena = arena_new(0);
	struct json_object *object = NULL;
	size_t at;

	(void)state;
	while (arena_alloc(arena, 16)) /* the arena's first chunk */
		;
	assert_int_equal(json_parse(&object, &at, arena, "{}", 2), ERR_NO_MEMORY);
	assert_null(object);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_valid_texts),
	    cmocka_unit_test(test_invalid_texts),
	    cmocka_unit_test(test_truncated_texts_are_invalid),
	    cmocka_unit_test(test_any_byte_at_any_position),
	    cmocka_unit_test(test_error_position_and_reason),
	    cmocka_unit_test(test_limits_depth),
	    cmocka_unit_test(test_depth_counts_only_nesting),
	    cmocka_unit_test(test_limits_nodes),
	    cmocka_unit_test(test_limits_names_of_object),
	    cmocka_unit_test_setup_teardown(test_json_c_parses_all_valid_texts, make_arena,
					    drop_arena),
	    cmocka_unit_test_setup_teardown(test_parse_refuses_invalid_texts, make_arena,
					    drop_arena),
	    cmocka_unit_test_setup_teardown(test_parse_values, make_arena, drop_arena),
	    cmocka_unit_test_setup_teardown(test_parse_top_level_scalars, make_arena, drop_arena),
	    cmocka_unit_test_setup_teardown(test_parse_large_accepts_more_nodes, make_arena,
					    drop_arena),
	    cmocka_unit_test(test_parse_fails_if_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
