#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "req_private.h"

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_new(1 << 16);
	return arena ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

struct found {
	const char *value;
	bool malformed;
};

static struct found find(const char *query, const char *name)
{
	struct found f = {.malformed = false};

	f.value = query_param(&f.malformed, arena, query, name);
	return f;
}

static void assert_value(const char *query, const char *name, const char *value)
{
	struct found f = find(query, name);

	assert_false(f.malformed);
	assert_non_null(f.value);
	assert_string_equal(f.value, value);
}

static void assert_absent(const char *query, const char *name)
{
	struct found f = find(query, name);

	assert_false(f.malformed);
	assert_null(f.value);
}

static void test_parameter_is_found_at_any_position(void **state)
{
	(void)state;
	assert_value("a=1", "a", "1");
	assert_value("a=1&b=2&c=3", "a", "1");
	assert_value("a=1&b=2&c=3", "b", "2");
	assert_value("a=1&b=2&c=3", "c", "3");
	assert_value("&&a=1&&b=2&", "b", "2");
	assert_value("a=", "a", "");
	assert_value("a=&b=2", "a", "");
	assert_value("a=b=c", "a", "b=c");
}

static void test_similar_names_are_not_found(void **state)
{
	(void)state;
	assert_absent("", "a");
	assert_absent("a", "a");
	assert_absent("aa=1", "a");
	assert_absent("ba=1", "a");
	assert_absent("b=1?a=2", "a");
	assert_absent("b=a=1", "a");
	assert_absent("A=1", "a");
	assert_absent("&=&", "a");
}

static void test_last_duplicate_wins(void **state)
{
	(void)state;
	assert_value("a=1&a=2&b=3", "a", "2");
	assert_value("a=%zz&a=2", "a", "2");
}

static void test_form_encoding_is_decoded(void **state)
{
	(void)state;
	assert_value("q=milk+1L", "q", "milk 1L");
	assert_value("q=milk%201L", "q", "milk 1L");
	assert_value("q=%2B%26%3D%25", "q", "+&=%");
	assert_value("q=%c3%A4", "q", "\xC3\xA4");
	assert_value("q=%41bc%44", "q", "AbcD");
	assert_value("q=\xC3\xA4", "q", "\xC3\xA4");
	assert_value("q=%2541", "q", "%41");
}

static void test_malformed_encoding_is_reported(void **state)
{
	static const char *const queries[] = {"q=%",  "q=%4",    "q=%4g",  "q=%g4", "q=a%",
					      "q=%%", "q=%&b=1", "q=% 41", "q=%-1", "q=%4&1=2"};

	(void)state;
	for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
		struct found f = find(queries[i], "q");

		assert_true(f.malformed);
		assert_null(f.value);
	}
}

/* A NUL would truncate the text for later code. */
static void test_nul_is_malformed(void **state)
{
	(void)state;
	assert_true(find("q=a%00b", "q").malformed);
	assert_true(find("q=%00", "q").malformed);
	assert_value("q=a%00b&p=1", "p", "1");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_parameter_is_found_at_any_position),
	    TEST(test_similar_names_are_not_found),
	    TEST(test_last_duplicate_wins),
	    TEST(test_form_encoding_is_decoded),
	    TEST(test_malformed_encoding_is_reported),
	    TEST(test_nul_is_malformed),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
