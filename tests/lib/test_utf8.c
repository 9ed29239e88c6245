#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "utf8.h"

static void decodes_the_first_and_last_character_of_each_length(void **state)
{
	static const struct {
		const char *text;
		uint32_t c;
	} rows[] = {
	    {"\x01", 0x1},
	    {"\x7F", 0x7F},
	    {"\xC2\x80", 0x80},
	    {"\xDF\xBF", 0x7FF},
	    {"\xE0\xA0\x80", 0x800},
	    {"\xED\x9F\xBF", 0xD7FF},
	    {"\xEE\x80\x80", 0xE000},
	    {"\xEF\xBF\xBF", 0xFFFF},
	    {"\xF0\x90\x80\x80", 0x10000},
	    {"\xF4\x8F\xBF\xBF", 0x10FFFF},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint32_t c = 0;

		assert_int_equal(utf8_decode(&c, rows[i].text, strlen(rows[i].text)),
				 strlen(rows[i].text));
		assert_int_equal(c, rows[i].c);
	}
}

static void refuses_what_is_invalid(void **state)
{
	static const char *const texts[] = {
	    "\x80", /* a continuation alone */
	    "\xBF",
	    "\xC0\x80", /* overlong */
	    "\xC1\xBF",
	    "\xE0\x9F\xBF",
	    "\xF0\x8F\xBF\xBF",
	    "\xED\xA0\x80", /* surrogates */
	    "\xED\xBF\xBF",
	    "\xF4\x90\x80\x80", /* above U+10FFFF */
	    "\xF5\x80\x80\x80",
	    "\xFE",
	    "\xFF",
	    "\xC3(", /* no continuation where one is due */
	    "\xE2\x82(",
	    "\xE2(\x82",
	    "\xF0\x9F\x98(",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		uint32_t c = 42;

		assert_int_equal(utf8_decode(&c, texts[i], strlen(texts[i])), 0);
		assert_int_equal(c, 42);
	}
}

static void never_reads_beyond_the_end(void **state)
{
	const char text[] = {'\xF0', '\x9F', '\x98', '\x80'};
	uint32_t c;

	(void)state;
	for (size_t len = 0; len < sizeof text; len++)
		assert_int_equal(utf8_decode(&c, text, len), 0);
	assert_int_equal(utf8_decode(&c, text, sizeof text), sizeof text);
}

static void decodes_nul_as_a_character(void **state)
{
	uint32_t c = 42;

	(void)state;
	assert_int_equal(utf8_decode(&c, "\0a", 2), 1);
	assert_int_equal(c, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decodes_the_first_and_last_character_of_each_length),
	    cmocka_unit_test(refuses_what_is_invalid),
	    cmocka_unit_test(never_reads_beyond_the_end),
	    cmocka_unit_test(decodes_nul_as_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
