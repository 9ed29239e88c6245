#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "money.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void test_format_is_shortest(void **state)
{
	static const struct {
		int64_t paise;
		const char *text;
	} rows[] = {
	    {0, "0"},
	    {6000, "60"},
	    {6050, "60.5"},
	    {6005, "60.05"},
	    {5, "0.05"},
	    {50, "0.5"},
	    {99, "0.99"},
	    {-300, "-3"},
	    {-5, "-0.05"},
	    {-50, "-0.5"},
	    {100, "1"},
	    {-101, "-1.01"},
	    {MONEY_MAX_PAISE, "9999999999999.99"},
	    {INT64_MAX, "92233720368547758.07"},
	    {INT64_MIN, "-92233720368547758.08"},
	};
	char text[MONEY_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		money_format(text, (struct money){rows[i].paise});
		assert_string_equal(text, rows[i].text);
	}
	money_format(text, (struct money){MONEY_MAX_PAISE});
	assert_string_equal(text, MONEY_MAX_TEXT);
}

static void test_parse_is_exact(void **state)
{
	static const struct {
		const char *text;
		int64_t paise;
	} rows[] = {
	    {"0", 0},
	    {"-0", 0},
	    {"60", 6000},
	    {"60.5", 6050},
	    {"60.50", 6050},
	    {"60.05", 6005},
	    {"0.05", 5},
	    {"-3", -300},
	    {"-0.05", -5},
	    {"0.29", 29},
	    {"1.10", 110},
	    {"1.15", 115},
	    {"0.00", 0},
	    {"9999999999999.99", MONEY_MAX_PAISE},
	    {"-9999999999999.99", -MONEY_MAX_PAISE},
	    {"1.000", 100},
	    {"1e2", 10000},
	    {"1E2", 10000},
	    {"1.5e1", 1500},
	    {"3.3000000000000003", 330},
	    {"3.2999999999999998", 330},
	    {"1.00000099", 100},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct money amount = {-1};

		assert_int_equal(money_parse(&amount, rows[i].text), OK);
		assert_true(amount.paise == rows[i].paise);
	}
}

static void test_parse_refuses_other_texts(void **state)
{
	static const char *const texts[] = {
	    "",
	    "-",
	    ".",
	    "-.5",
	    ".5",
	    "1.",
	    "1.234",
	    "1.000001",
	    "0.999999",
	    "1e-3",
	    "1e14",
	    "1e400",
	    "+1",
	    " 1",
	    "1 ",
	    "1,50",
	    "0x10",
	    "01",
	    "-01",
	    "00",
	    "--1",
	    "1-",
	    "1.2.3",
	    "NaN",
	    "inf",
	    "1.2a",
	    "a",
	    "1.-5",
	    "1. 5",
	    "10000000000000",
	    "-10000000000000",
	    "9999999999999.999",
	    "99999999999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < N(texts); i++) {
		struct money amount = {42};

		if (money_parse(&amount, texts[i]) != ERR_INVALID)
			fail_msg("taken: %s", texts[i]);
		assert_int_equal(amount.paise, 42);
	}
}

static void test_format_and_parse_agree(void **state)
{
	(void)state;
	for (int64_t paise = -12345; paise <= 12345; paise++) {
		char text[MONEY_TEXT_SIZE];
		struct money amount;

		money_format(text, (struct money){paise});
		assert_int_equal(money_parse(&amount, text), OK);
		assert_int_equal(amount.paise, paise);
	}
}

static void test_add_multiplies_and_sums(void **state)
{
	struct money sum = {0};

	(void)state;
	assert_int_equal(money_add(&sum, (struct money){6050}, 3), OK);
	assert_int_equal(money_add(&sum, (struct money){5}, 1), OK);
	assert_int_equal(money_add(&sum, (struct money){100}, -1), OK);
	assert_int_equal(sum.paise, 18055);
}

static void test_add_refuses_overflow(void **state)
{
	static const struct {
		int64_t sum, price, quantity;
	} rows[] = {
	    {0, INT64_MAX, 2},       {INT64_MAX, 1, 1},       {INT64_MIN, -1, 1},
	    {0, INT64_MIN, -1},      {MONEY_MAX_PAISE, 1, 1}, {-MONEY_MAX_PAISE, 1, -1},
	    {0, MONEY_MAX_PAISE, 2},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct money sum = {rows[i].sum};

		assert_int_equal(money_add(&sum, (struct money){rows[i].price}, rows[i].quantity),
				 ERR_INVALID);
		assert_true(sum.paise == rows[i].sum);
	}
}

static void test_add_reaches_maximum(void **state)
{
	struct money sum = {MONEY_MAX_PAISE - 1};

	(void)state;
	assert_int_equal(money_add(&sum, (struct money){1}, 1), OK);
	assert_true(sum.paise == MONEY_MAX_PAISE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_format_is_shortest),
	    cmocka_unit_test(test_parse_is_exact),
	    cmocka_unit_test(test_parse_refuses_other_texts),
	    cmocka_unit_test(test_format_and_parse_agree),
	    cmocka_unit_test(test_add_multiplies_and_sums),
	    cmocka_unit_test(test_add_refuses_overflow),
	    cmocka_unit_test(test_add_reaches_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
