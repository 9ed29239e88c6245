#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "utf8.h"

static void test_decode_limits_of_each_length(void **state)
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

static void test_decode_refuses_invalid_bytes(void **state)
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
	    "\xC3(", /* a missing continuation byte */
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

static void test_decode_stays_within_length(void **state)
{
	const char text[] = {'\xF0', '\x9F', '\x98', '\x80'};
	uint32_t c;

	(void)state;
	for (size_t len = 0; len < sizeof text; len++)
		assert_int_equal(utf8_decode(&c, text, len), 0);
	assert_int_equal(utf8_decode(&c, text, sizeof text), sizeof text);
}

static void test_decode_nul(void **state)
{
	uint32_t c = 42;

	(void)state;
	assert_int_equal(utf8_decode(&c, "\0a", 2), 1);
	assert_int_equal(c, 0);
}

/* ---- invisible characters ---- */

/* Escapes, because these characters are invisible in a source. */
#define ZWNJ "\xE2\x80\x8C"
#define ZWJ  "\xE2\x80\x8D"

static void test_joiners_in_words_and_emoji_are_visible(void **state)
{
	static const char *const texts[] = {
	    "",
	    "Asha Rao",
	    "Jos\xC3\xA9 \xE6\x9D\x8E",
	    "दूध",          /* with no joiner */
	    "दर्" ZWJ "या", /* Marathi: eyelash ra */
	    "क्" ZWJ "ष",
	    "श्री" ZWNJ "मान",
	    "ക്" ZWJ,           /* Malayalam: chillu, at the end of a word, */
	    "അവന്" ZWJ " കുട്ടി", /* of the first of two, */
	    "എന്" ZWJ "റെ",     /* and inside one */
	    "র" ZWJ "্যাব",     /* Bengali: ya-phalaa behind ra */
	    "হঠাত্" ZWJ,
	    "می" ZWNJ "خواهم",      /* Persian */
	    "ශ්" ZWJ "රී",            /* Sinhala */
	    "👩" ZWJ "👩" ZWJ "👧", /* a family */
	    "❤️" ZWJ "🔥",           /* with the emoji style in between */
	    "👩🏽" ZWJ "🚀",        /* with a skin tone */
	    "🏳️" ZWJ "🌈",
	    "🧑" ZWJ "⚕️",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (utf8_has_hidden(texts[i]))
			fail_msg("refused: %s", texts[i]);
	}
}

static void test_other_joiners_are_hidden(void **state)
{
	static const char *const texts[] = {
	    ZWJ,
	    ZWNJ,
	    ZWJ "क",
	    ZWNJ "می",
	    "می" ZWNJ,
	    "क" ZWJ, /* not after a virama */
	    "क्" ZWNJ,
	    "क्" ZWJ ZWJ "ष",
	    "می" ZWNJ ZWNJ "خواهم",
	    "می" ZWNJ " خواهم",
	    "क् " ZWJ "ष",
	    "ad" ZWJ "min", /* invisible in this script */
	    "ad" ZWNJ "min",
	    "1" ZWJ "2",
	    "१" ZWJ "२",
	    "👩" ZWJ,
	    ZWJ "👩",
	    "👩" ZWNJ "👧",
	    "👩" ZWJ "a",
	    "a" ZWJ "👩",
	    "क" ZWJ "👩",
	    "👩" ZWJ ZWJ "👧",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (!utf8_has_hidden(texts[i]))
			fail_msg("not seen: %zu", i);
	}
}

/* UTF-8 of a character of three bytes. */
static void put_char(char out[static 4], uint32_t c)
{
	out[0] = (char)(0xE0 | c >> 12);
	out[1] = (char)(0x80 | (c >> 6 & 0x3F));
	out[2] = (char)(0x80 | (c & 0x3F));
	out[3] = '\0';
}

static void test_control_characters_are_found(void **state)
{
	static const char *const with[] = {"\x01", "a\tb",     "a\n",      "\x1F",
					   "\x7F", "\xC2\x80", "a\xC2\x9F"};
	static const char *const without[] = {"",         " ",        "a~",
					      "\xC2\xA0", "\xC3\x80", "\xE2\x82\x80"};

	(void)state;
	for (size_t i = 0; i < sizeof with / sizeof with[0]; i++)
		assert_true(utf8_has_control(with[i]));
	for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
		assert_false(utf8_has_control(without[i]));
}

static void test_direction_controls_and_zero_width_are_hidden(void **state)
{
	static const uint32_t hidden[] = {0x200B, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D,
					  0x202E, 0x2060, 0x2066, 0x2067, 0x2068, 0x2069, 0xFEFF};
	static const uint32_t others[] = {0x2010, 0x200A, 0x2029, 0x202F, 0x2065, 0x206A, 0xFEFE};
	char text[16] = "a", *at = text + 1;

	(void)state;
	assert_true(utf8_has_hidden("a\xD8\x9C"
				    "b")); /* U+061C */
	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
		put_char(at, hidden[i]);
		assert_true(utf8_has_hidden(text));
		assert_true(utf8_has_hidden(at));
		at[3] = 'b';
		at[4] = '\0';
		assert_true(utf8_has_hidden(text));
	}
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		put_char(at, others[i]);
		assert_false(utf8_has_hidden(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decode_limits_of_each_length),
	    cmocka_unit_test(test_decode_refuses_invalid_bytes),
	    cmocka_unit_test(test_decode_stays_within_length),
	    cmocka_unit_test(test_decode_nul),
	    cmocka_unit_test(test_joiners_in_words_and_emoji_are_visible),
	    cmocka_unit_test(test_other_joiners_are_hidden),
	    cmocka_unit_test(test_control_characters_are_found),
	    cmocka_unit_test(test_direction_controls_and_zero_width_are_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
