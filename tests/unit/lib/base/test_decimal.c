#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "decimal.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define TEN      "1234567890"

static struct decimal parsed(const char *text)
{
	struct decimal d;

	if (decimal_parse(&d, text))
		fail_msg("refused: %s", text);
	return d;
}

static void test_invalid_numbers(void **state)
{
	static const char *const texts[] = {
	    "",    "-",   ".",    "-.5",  ".5",  "1.",    "+1",   " 1",
	    "1 ",  "1,5", "0x10", "--1",  "1-",  "1.2.3", "NaN",  "nan",
	    "inf", "1e",  "1e+",  "1e-",  "e1",  "1e1.5", "1e 1", "1e++1",
	    "1f2", "a",   "1.-5", "1e1x", "-e1", "1.e1",  "1\n",  TEN TEN TEN TEN "1",
	};

	(void)state;
	for (size_t i = 0; i < N(texts); i++) {
		struct decimal d;

		if (decimal_parse(&d, texts[i]) != ERR_INVALID)
			fail_msg("taken: %s", texts[i]);
	}
}

static void test_integers_in_any_notation(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} rows[] = {
	    {"0", 0},
	    {"-0", 0},
	    {"0.0", 0},
	    {"-0.0", 0},
	    {"0e5", 0},
	    {"0e-99999999999999", 0},
	    {"-0e9", 0},
	    {"2", 2},
	    {"2.0", 2},
	    {"2.000", 2},
	    {"2e0", 2},
	    {"2E0", 2},
	    {"2e+0", 2},
	    {"2e-0", 2},
	    {"-2.0", -2},
	    {"0.2e1", 2},
	    {"20e-1", 2},
	    {"1e3", 1000},
	    {"1.5e1", 15},
	    {"007", 7},
	    {"100", 100},
	    {"9007199254740993.0", INT64_C(9007199254740993)},
	    {"9007199254740993000e-3", INT64_C(9007199254740993)},
	    {"9223372036854775807", INT64_MAX},
	    {"9223372036854775807.0", INT64_MAX},
	    {"-9223372036854775808", INT64_MIN},
	    {"9223372036854775808", INT64_MAX},
	    {"-9223372036854775809", INT64_MIN},
	    {"1e19", INT64_MAX},
	    {"-1e19", INT64_MIN},
	    {"1e300", INT64_MAX},
	    {"1e99999999999999999999", INT64_MAX},
	    {TEN TEN TEN TEN, INT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct decimal d = parsed(rows[i].text);
		int64_t value = 42;

		if (decimal_to_int(&value, &d) || value != rows[i].value)
			fail_msg("%s became %lld", rows[i].text, (long long)value);
	}
}

static void test_to_int_refuses_fractions(void **state)
{
	static const char *const texts[] = {"2.5",
					    "0.1",
					    "-0.5",
					    "2500e-3",
					    "1e-1",
					    "1e-400",
					    "2.0000000000000000001",
					    "1.5e0",
					    "15e-1",
					    "9007199254740992.5",
					    "1e-99999999999999999",
					    "0.00001e4"};

	(void)state;
	for (size_t i = 0; i < N(texts); i++) {
		struct decimal d = parsed(texts[i]);
		int64_t value = 42;

		if (decimal_to_int(&value, &d) != ERR_INVALID)
			fail_msg("taken: %s", texts[i]);
		assert_int_equal(value, 42);
	}
}

static void test_near_integers_are_rounded(void **state)
{
	static const struct {
		const char *text;
		int shift;
		int64_t value;
	} rows[] = {
	    {"3.3000000000000003", 2, 330},
	    {"3.2999999999999998", 2, 330},
	    {"0.30000000000000004", 2, 30},
	    {"-3.3000000000000003", 2, -330},
	    {"6600.0000000000009", 0, 6600},
	    {"1.00000099", 2, 100},
	    {"0.99999901", 2, 100},
	    {"9.99999999999", 2, 1000},
	    {"0.0000009", 2, 0},
	    {"-0.0000009", 2, 0},
	    {"1e-7", 2, 0},
	    {"0.00999999999", 2, 1},
	    {"3.3e1", 2, 3300},
	    {"33e-1", 2, 330},
	    {"9.5367431640625e-7", 2, 0},
	    {"92233720368547758.07", 2, INT64_MAX},
	    {"1e300", 2, INT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct decimal d = parsed(rows[i].text);
		int64_t value = 42;

		if (decimal_to_near_int(&value, &d, rows[i].shift) || value != rows[i].value)
			fail_msg("%s became %lld", rows[i].text, (long long)value);
	}
}

/* A difference of exactly a millionth of a rupee, a ten-thousandth of a paisa, is too much. */
static void test_other_fractions_are_refused(void **state)
{
	static const char *const texts[] = {"1.000001",  "0.999999", "1.005",     "1.234",
					    "0.000001",  "0.001",    "-0.000001", "1.0000019",
					    "0.9999989", "5e-3",     "1.009"};

	(void)state;
	for (size_t i = 0; i < N(texts); i++) {
		struct decimal d = parsed(texts[i]);
		int64_t value = 42;

		if (decimal_to_near_int(&value, &d, 2) != ERR_INVALID)
			fail_msg("taken: %s", texts[i]);
		assert_int_equal(value, 42);
	}
}

/* As a client's language prints the doubles nearest to all amounts up to 10,000 rupees, and those
 * one step beside them. */
static void test_amounts_survive_a_double(void **state)
{
	(void)state;
	for (int64_t paise = 0; paise <= 1000000; paise += 7) {
		double near[] = {(double)paise / 100, (double)paise * 0.01,
				 ((double)paise / 100) * (1 + 2.3e-16)};

		for (size_t i = 0; i < N(near); i++) {
			char text[32];
			struct decimal d;
			int64_t value = -1;

			snprintf(text, sizeof text, "%.17g", near[i]);
			d = parsed(text);
			assert_int_equal(decimal_to_near_int(&value, &d, 2), OK);
			assert_true(value == paise);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_invalid_numbers),
	    cmocka_unit_test(test_integers_in_any_notation),
	    cmocka_unit_test(test_to_int_refuses_fractions),
	    cmocka_unit_test(test_near_integers_are_rounded),
	    cmocka_unit_test(test_other_fractions_are_refused),
	    cmocka_unit_test(test_amounts_survive_a_double),
	};

	return cmocka_run_group_tests_name("decimal", tests, NULL, NULL);
}
