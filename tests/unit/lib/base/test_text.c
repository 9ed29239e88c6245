#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include <cmocka.h>

#include "text.h"

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_new(64 << 20);
	return arena && text_init() == OK ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

typedef enum err form_function(const char **out, struct arena *arena, const char *s);

struct pair {
	const char *from, *to;
};

static void assert_forms(form_function *form, const struct pair *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *once, *twice;

		assert_int_equal(form(&once, arena, rows[i].from), OK);
		if (strcmp(once, rows[i].to) != 0)
			fail_msg("row %zu: %s became %s", i, rows[i].from, once);
		assert_int_equal(form(&twice, arena, once), OK);
		assert_string_equal(twice, once);
	}
}

#define ROWS(rows) rows, sizeof(rows) / sizeof((rows)[0])

/* ---- forms ---- */

static void test_nfc(void **state)
{
	static const struct pair rows[] = {
	    {"", ""},
	    {"Asha Rao", "Asha Rao"},
	    {"A\u030A", "\u00C5"},                        /* NFD Å */
	    {"\u212B", "\u00C5"},                         /* Ångström sign */
	    {"Jose\u0301", "Jos\u00E9"},                  /* José */
	    {"\u1112\u1161\u11AB", "\uD55C"},             /* 한 of three jamo */
	    {"a\u0323\u0302", "\u1EAD"},                  /* ậ, whichever mark is first */
	    {"a\u0302\u0323", "\u1EAD"},                  /* */
	    {"\u0958", "\u0915\u093C"},                   /* क़ is never composed */
	    {"दूध", "दूध"},                                 /* */
	    {"\uFF4D\uFF49", "\uFF4D\uFF49"},             /* wide letters stay */
	    {"stra\u00DFe \u0130", "stra\u00DFe \u0130"}, /* and so does case */
	    {"क्\u200Dष 👩🏽\u200D🚀", "क्\u200Dष 👩🏽\u200D🚀"},
	};

	(void)state;
	assert_forms(text_nfc, ROWS(rows));
}

static void test_text_in_form_is_returned_unchanged(void **state)
{
	static const char *const normal[] = {"दूध", "Crème brûlée", "한국", "q\u0323\u0307 𝄞"};
	static const char reversed[] = "q\u0307\u0323";
	const char *out;

	(void)state;
	for (size_t i = 0; i < sizeof normal / sizeof normal[0]; i++) {
		out = NULL;
		assert_int_equal(text_nfc(&out, arena, normal[i]), OK);
		if (strchr(normal[i], 'q'))
			assert_string_equal(out, normal[i]); /* has a mark that may compose */
		else
			assert_ptr_equal(out, normal[i]);
	}
	assert_int_equal(text_nfc(&out, arena, reversed), OK);
	assert_string_equal(out, "q\u0323\u0307");
}

static void test_nfkc(void **state)
{
	static const struct pair rows[] = {
	    {"pa ss  WORD\t", "pa ss  WORD\t"},
	    {"\uFF11\uFF12\uFF13\uFF21", "123A"}, /* wide digits, and a letter */
	    {"\uFB01sh", "fish"},                 /* a ligature */
	    {"\u2460", "1"},                      /* a digit in a circle */
	    {"A\u030A", "\u00C5"},
	    {"\uFF76\uFF9E", "\u30AC"}, /* half-width katakana ga */
	    {"a\u00A0b\u3000c", "a b c"},
	    {"पासवर्ड", "पासवर्ड"},
	    {"\u00DF", "\u00DF"},
	};

	(void)state;
	assert_forms(text_nfkc, ROWS(rows));
}

static void test_lower_in_all_scripts(void **state)
{
	static const struct pair rows[] = {
	    {"AbZ", "abz"},
	    {"\u00C4\u00D6", "\u00E4\u00F6"},
	    {"A\u030A", "\u00E5"},
	    {"\u0421\u041E\u041D", "\u0441\u043E\u043D"}, /* Cyrillic */
	    {"\u039D\u0391\u03A3", "\u03BD\u03B1\u03C3"}, /* a sigma at the end: ς is σ */
	    {"\u03BD\u03B1\u03C2", "\u03BD\u03B1\u03C3"},
	    {"\u017Fam", "sam"},              /* a long s has the same capital, */
	    {"\u1E9B", "\u1E61"},             /* with a dot above, too, */
	    {"\u03D0\u00B5", "\u03B2\u03BC"}, /* and so have other shapes of β and μ */
	    {"\U00010400\u0301\U0001F600", "\U00010428\u0301\U0001F600"}, /* two units each */
	    {"\u0130", "i\u0307"},          /* Turkish İ, in no language */
	    {"\u0131", "\u0131"},           /* and ı */
	    {"\u212A", "k"},                /* Kelvin sign */
	    {"stra\u00DFe", "stra\u00DFe"}, /* another mailbox than strasse */
	    {"STRA\u1E9EE", "stra\u00DFe"},
	    {"J\u030C", "\u01F0"},
	};

	(void)state;
	assert_forms(text_lower, ROWS(rows));
}

/* to_simple_fold() converts code unit by code unit. */
static void test_simple_folding_changes_single_units(void **state)
{
	(void)state;
	for (UChar32 c = 0; c <= 0xFFFF; c++)
		assert_true(u_foldCase(c, U_FOLD_CASE_DEFAULT) <= 0xFFFF);
	for (UChar32 c = 0x10000; c <= 0x10FFFF; c++)
		assert_int_equal(u_foldCase(c, U_FOLD_CASE_DEFAULT), u_tolower(c));
}

static void test_fold_removes_case_and_accents(void **state)
{
	static const struct pair rows[] = {
	    {"Milk 1L", "milk 1l"},
	    {"CAF\u00C9", "cafe"},
	    {"Cafe\u0301", "cafe"},
	    {"\u00C5ngstr\u00F6m", "angstrom"},
	    {"\u0130stanbul", "istanbul"},
	    {"Stra\u00DFe STRASSE stra\u1E9Ee", "strasse strasse strasse"},
	    {"\u041C\u041E\u041B\u041E\u041A\u041E", "\u043C\u043E\u043B\u043E\u043A\u043E"},
	    {"\uFF2D\uFF49\uFF4C\uFF4B\u3000\uFF11\uFF2C", "milk 1l"}, /* wide */
	    {"सेब", "सेब"}, /* marks of other blocks stay: apple is not सब, all */
	    {"दूध", "दूध"},
	    {"\u0958", "\u0915\u093C"},
	    {"\u304B\u3099", "\u304C"}, /* が */
	    {"\u1112\u1161\u11AB", "\uD55C"},
	    {"a\u00ADb", "ab"},           /* ignorable: a soft hyphen, */
	    {"می\u200Cخواهم", "میخواهم"}, /* a joiner */
	    {"a\u2028b\u1680c", "a b c"},
	    {"\u0301", ""},
	};

	(void)state;
	assert_forms(text_fold, ROWS(rows));
}

/* U+FDFA is eighteen characters in NFKC: the longest of all. */
static void test_longest_growth(void **state)
{
	enum { N = 2000 };
	char wide[3 * N + 1];
	const char *out;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < N; i++)
		memcpy(wide + 3 * i, "\uFDFA", 3);
	wide[3 * N] = '\0';
	assert_int_equal(text_nfkc(&out, arena, wide), OK);
	for (const char *p = out; *p; p++)
		n += ((unsigned char)*p & 0xC0) != 0x80;
	assert_int_equal(n, 18 * N);
}

static void test_composition_replaces_at_most_four_characters(void **state)
{
	UErrorCode error = U_ZERO_ERROR;
	const UNormalizer2 *nfc = unorm2_getNFCInstance(&error);

	(void)state;
	for (UChar32 c = 0; c <= 0x10FFFF; c++) {
		UChar parts[16];
		int32_t n = unorm2_getDecomposition(nfc, c, parts, 16, &error);

		assert_true(U_SUCCESS(error));
		assert_true(n < 0 || u_countChar32(parts, n) <= TEXT_COMPOSED_MAX);
	}
}

static void test_invalid_utf8_is_refused(void **state)
{
	static const char *const wrong[] = {"\xFF", "a\xC3", "\xC0\x80", "\xED\xA0\x80",
					    "\xF4\x90\x80\x80"};
	static form_function *const forms[] = {text_nfc, text_nfkc, text_lower, text_fold};

	(void)state;
	for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
		for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
			const char *out = "untouched";

			assert_int_equal(forms[f](&out, arena, wrong[i]), ERR_INVALID);
			assert_string_equal(out, "untouched");
		}
	}
}

static void test_long_text_is_refused(void **state)
{
	char *text = arena_alloc(arena, TEXT_MAX + 2);
	const char *out;

	(void)state;
	assert_non_null(text);
	memset(text, 'a', TEXT_MAX);
	assert_int_equal(text_nfc(&out, arena, text), OK);
	text[TEXT_MAX] = 'a';
	assert_int_equal(text_nfc(&out, arena, text), ERR_INVALID);
}

static void test_out_of_memory(void **state)
{
	struct arena *little = arena_new(0);
	static form_function *const forms[] = {text_nfc, text_nfkc, text_lower, text_fold};
	char wide[3 * 8192 + 1];
	const char *out;

	(void)state;
	assert_non_null(little);
	for (size_t i = 0; i < 8192; i++)
		memcpy(wide + 3 * i, "\u0958", 3); /* no form contains this character */
	wide[sizeof wide - 1] = '\0';
	for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++)
		assert_int_equal(forms[f](&out, little, wide), ERR_NO_MEMORY);
	arena_free(little);
}

/* ---- white space ---- */

static void test_trim_unicode_white_space(void **state)
{
	static const struct pair rows[] = {
	    {"", ""},
	    {" \t\r\n\f\v", ""},
	    {"\xC2\x85\u3000a\xC2\x85", "a"},
	    {"\u3000\u00A0a b\u2009\u202F", "a b"},
	    {"\u1680\u2000\u200A\u2028\u2029\u205Fx", "x"},
	    {"\u200Ba\u200B", "\u200Ba\u200B"}, /* zero width space is no white space */
	    {"\u3000", ""},
	    {"\u3001", "\u3001"},
	    {" 😀 ", "😀"},
	    {"दूध\u3000", "दूध"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *s = rows[i].from;
		size_t len = strlen(s);

		text_trim(&s, &len);
		assert_int_equal(len, strlen(rows[i].to));
		assert_memory_equal(s, rows[i].to, len);
	}
}

static void test_trim_stops_at_invalid_utf8(void **state)
{
	static const char *const rows[] = {"\x80", "\x80\x80\x80\x80", "\xE3\x80", "\xE3 \x80",
					   "\xFF"};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *s = rows[i];
		size_t len = strlen(s);

		text_trim(&s, &len);
		assert_ptr_equal(s, rows[i]);
		assert_int_equal(len, strlen(rows[i]));
	}
}

/* ---- visible characters ---- */

static void test_length_ignores_ignorable_characters(void **state)
{
	static const struct {
		const char *s;
		size_t n;
	} rows[] = {
	    {"", 0},       {"a b", 3},           {"e\u0301", 2},      {"\uFDFA", 1},     {"दूध", 3},
	    {"\u00AD", 0}, {"a\u200B\u2060", 1}, {"\u3164\uFE0F", 0}, {"👩\u200D🚀", 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(text_length(rows[i].s), rows[i].n);
}

static void test_is_visible(void **state)
{
	static const char *const visible[] = {"a",          ".", "1",       "दूध",     "한",
					      "👩\u200D🚀", "★", "\u00ADa", "\u2801", "\u3164x"};
	static const char *const invisible[] = {
	    "",
	    " ",
	    "\u3164", /* Hangul fillers */
	    "\u115F\u1160",
	    "\uFFA0",
	    "\u2800",             /* Braille without a dot */
	    "\u00AD\u034F\u061C", /* soft hyphen, grapheme joiner */
	    "\u17B4\u17B5",
	    "\u180E\uFE0F",
	    "\U000E0041\U000E0100", /* tags, variation selectors */
	    "\U0001D159",
	    "\U00013441",
	    "\uFFFE", /* a noncharacter */
	    "\uE000", /* for private use */
	    "\u0301", /* a mark without a base */
	    "\u3164 \u3164",
	};

	(void)state;
	for (size_t i = 0; i < sizeof visible / sizeof visible[0]; i++) {
		if (!text_is_visible(visible[i]))
			fail_msg("not seen: %s", visible[i]);
	}
	for (size_t i = 0; i < sizeof invisible / sizeof invisible[0]; i++) {
		if (text_is_visible(invisible[i]))
			fail_msg("seen: row %zu", i);
	}
}

static void test_is_word_char(void **state)
{
	static const uint32_t is[] = {'a', 'Z', '7', 0xE9, 0x301, 0x928, 0x942, 0x967, 0xD55C};
	static const uint32_t is_not[] = {' ',    '.',    '@',    0xA0,   0x200D, 0x2800,
					  0x3000, 0x2460, 0x3164, 0x17B4, 0x1F600};

	(void)state;
	for (size_t i = 0; i < sizeof is / sizeof is[0]; i++)
		assert_true(text_is_word_char(is[i]));
	for (size_t i = 0; i < sizeof is_not / sizeof is_not[0]; i++)
		assert_false(text_is_word_char(is_not[i]));
}

/* ---- domain names ---- */

static void test_domain_to_ascii(void **state)
{
	static const struct pair rows[] = {
	    {"example.com", "example.com"},
	    {"Example.COM", "example.com"},
	    {"b\u00FCcher.example", "xn--bcher-kva.example"},
	    {"B\u00DCCHER.example", "xn--bcher-kva.example"},
	    {"bu\u0308cher.example", "xn--bcher-kva.example"}, /* NFD */
	    {"xn--bcher-kva.example", "xn--bcher-kva.example"},
	    {"XN--BCHER-KVA.example", "xn--bcher-kva.example"},
	    {"b\u00FCcher\u3002example", "xn--bcher-kva.example"}, /* an ideographic full stop */
	    {"fa\u00DF.example", "xn--fa-hia.example"},            /* nontransitional */
	    {"डाक.भारत", "xn--11bx1g.xn--h2brj9c"},
	    {"ab--cd.example", "ab--cd.example"},
	    {"क्\u200Dष.example", "xn--11b2ezcw70k.example"}, /* a joiner that changes the name */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char ascii[DOMAIN_SIZE];

		assert_int_equal(text_domain_to_ascii(ascii, rows[i].from), OK);
		assert_string_equal(ascii, rows[i].to);
	}
}

static void test_invalid_domains_are_refused(void **state)
{
	static const char *const rows[] = {
	    "a_b.example",
	    "a b.example",
	    "a..example",
	    "-a.example",
	    "xn--a.example",
	    "xn--\u00FC.example",
	    "a\u200Db.example",
	    "\u2100.example", /* a/c */
	    "a@b.example",
	    "\u05D0a.example",   /* both directions */
	    "exam\u00ADple.com", /* UTS 46 would drop this */
	    "exam\u200Bple.com",
	    "exam\u2060ple.com",
	    "exam\uFEFFple.com",
	    "exam\uFE0Fple.com",
	    "exam\u034Fple.com",
	    "example\U000E0100.com",
	    "\xFF.example",
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.example",
	};
	char too_long[4 * DOMAIN_SIZE], ascii[DOMAIN_SIZE] = "untouched";

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (text_domain_to_ascii(ascii, rows[i]) != ERR_INVALID)
			fail_msg("taken: row %zu", i);
	}
	for (size_t i = 0; i < sizeof too_long - 1; i++)
		too_long[i] = i % 2 ? '.' : 'a';
	too_long[sizeof too_long - 1] = '\0';
	assert_int_equal(text_domain_to_ascii(ascii, too_long), ERR_INVALID);
	assert_string_equal(ascii, "untouched");
}

/* ---- threads ---- */

enum { THREADS = 4, TURNS = 200 };

static void *use(void *wrong)
{
	struct arena *own = arena_new(1 << 20);

	for (int i = 0; own && i < TURNS; i++) {
		char ascii[DOMAIN_SIZE] = "";
		const char *out = "";

		if (text_fold(&out, own, "CAF\u00C9") || strcmp(out, "cafe") != 0 ||
		    text_domain_to_ascii(ascii, "b\u00FCcher.example") ||
		    strcmp(ascii, "xn--bcher-kva.example") != 0)
			*(bool *)wrong = true;
		arena_reset(own);
	}
	arena_free(own);
	return NULL;
}

static void test_thread_safety(void **state)
{
	pthread_t threads[THREADS];
	bool wrong[THREADS] = {false};

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use, &wrong[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_false(wrong[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nfc),
	    cmocka_unit_test(test_text_in_form_is_returned_unchanged),
	    cmocka_unit_test(test_nfkc),
	    cmocka_unit_test(test_lower_in_all_scripts),
	    cmocka_unit_test(test_simple_folding_changes_single_units),
	    cmocka_unit_test(test_fold_removes_case_and_accents),
	    cmocka_unit_test(test_longest_growth),
	    cmocka_unit_test(test_composition_replaces_at_most_four_characters),
	    cmocka_unit_test(test_invalid_utf8_is_refused),
	    cmocka_unit_test(test_long_text_is_refused),
	    cmocka_unit_test(test_out_of_memory),
	    cmocka_unit_test(test_trim_unicode_white_space),
	    cmocka_unit_test(test_trim_stops_at_invalid_utf8),
	    cmocka_unit_test(test_length_ignores_ignorable_characters),
	    cmocka_unit_test(test_is_visible),
	    cmocka_unit_test(test_is_word_char),
	    cmocka_unit_test(test_domain_to_ascii),
	    cmocka_unit_test(test_invalid_domains_are_refused),
	    cmocka_unit_test(test_thread_safety),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
