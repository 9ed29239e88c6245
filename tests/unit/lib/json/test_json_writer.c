#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json_writer.h"

static char *text;
static size_t len;
static struct json_writer w;

static int begin(void **state)
{
	(void)state;
	w = (struct json_writer){.out = open_memstream(&text, &len)};
	return w.out ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

static void assert_written(const char *expected)
{
	assert_int_equal(fclose(w.out), 0);
	assert_string_equal(text, expected);
}

static void test_members_and_elements(void **state)
{
	(void)state;
	json_write_object(&w, NULL);
	json_write_text(&w, "a", "b");
	json_write_int(&w, "n", -1);
	json_write_array(&w, "list");
	json_write_bool(&w, NULL, true);
	json_write_object(&w, NULL);
	json_write_end(&w);
	json_write_array(&w, NULL);
	json_write_end(&w);
	json_write_end(&w);
	json_write_raw(&w, "raw", "{\"x\":1}");
	json_write_end(&w);
	assert_written("{\"a\":\"b\",\"n\":-1,\"list\":[true,{},[]],\"raw\":{\"x\":1}}");
}

static void test_strings_are_escaped(void **state)
{
	(void)state;
	json_write_array(&w, NULL);
	json_write_text(&w, NULL, "a\"b\\c\nd\x1f");
	json_write_text(&w, NULL, "₹ é \x7f");
	json_write_text(&w, NULL, "");
	json_write_end(&w);
	assert_written("[\"a\\\"b\\\\c\\u000ad\\u001f\",\"₹ é \x7f\",\"\"]");
}

static void test_end_matches_open_level(void **state)
{
	char expected[2 * JSON_WRITER_DEPTH_MAX + 1] = "";

	(void)state;
	for (size_t i = 0; i < JSON_WRITER_DEPTH_MAX; i++) {
		json_write_array(&w, NULL);
		expected[i] = '[';
		expected[2 * JSON_WRITER_DEPTH_MAX - 1 - i] = ']';
	}
	for (size_t i = 0; i < JSON_WRITER_DEPTH_MAX; i++)
		json_write_end(&w);
	assert_written(expected);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_members_and_elements),
	    TEST(test_strings_are_escaped),
	    TEST(test_end_matches_open_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
