/*
 * Amounts and decimal numbers. The input has 24 bytes, which are a sum, a price and a quantity, and
 * the text of a number. The expected results are computed in 128-bit integers and long doubles.
 */
#include <math.h>

#include "decimal.h"
#include "fuzz.h"
#include "json.h"
#include "money.h"

enum { EXACT_DIGITS = 38 }; /* fit into 128 bits */

static int64_t integer(struct fuzz_input *in)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | fuzz_byte(in);
	return (int64_t)value;
}

/* The sum is exact, or it is refused and unchanged. */
static void adds_exactly(int64_t sum, int64_t price, int64_t quantity)
{
	struct money total = {sum};
	__int128 expected = (__int128)price * quantity + sum;
	bool fits = expected >= -MONEY_MAX_PAISE && expected <= MONEY_MAX_PAISE;

	REQUIRE(money_add(&total, (struct money){price}, quantity) == (fits ? OK : ERR_INVALID));
	REQUIRE(total.paise == (fits ? (int64_t)expected : sum));
}

/* Parsing a printed amount returns the same amount. */
static void survives_printing(int64_t paise)
{
	char text[MONEY_TEXT_SIZE];
	struct money read = {0};
	size_t at;

	money_format(text, (struct money){paise});
	REQUIRE(json_check(&at, text, strlen(text)) == OK);
	if (paise < -MONEY_MAX_PAISE || paise > MONEY_MAX_PAISE) {
		REQUIRE(money_parse(&read, text) == ERR_INVALID);
		return;
	}
	REQUIRE(money_parse(&read, text) == OK && read.paise == paise);
}

/* Reads plain digits, clamped to int64_t; false if the text has other characters. */
static bool plain_integer(int64_t *out, const char *text)
{
	const char *digits = text + (*text == '-');
	__int128 value = 0;

	if (!*digits || strspn(digits, "0123456789") != strlen(digits) ||
	    strlen(digits) > EXACT_DIGITS)
		return false;
	for (; *digits; digits++)
		value = value * 10 + (*digits - '0');
	value = *text == '-' ? -value : value;
	*out = value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : (int64_t)value;
	return true;
}

static void reads_integers_exactly(const char *text)
{
	struct decimal number;
	int64_t expected, value = 0;

	if (!plain_integer(&expected, text))
		return;
	REQUIRE(decimal_parse(&number, text) == OK);
	REQUIRE(decimal_to_int(&value, &number) == OK && value == expected);
}

static bool is_json_number(const char *text)
{
	size_t at;

	return (*text == '-' || (*text >= '0' && *text <= '9')) && !strpbrk(text, " \t\n\r") &&
	       json_check(&at, text, strlen(text)) == OK;
}

/* An accepted text is a JSON number within the limits, and becomes the nearest amount. An exact
 * amount is accepted. */
static void reads_amounts(const char *text)
{
	struct money amount = {7};
	bool number = is_json_number(text);
	bool taken = money_parse(&amount, text) == OK;
	long double paise;

	if (!taken)
		REQUIRE(amount.paise == 7);
	if (strlen(text) > JSON_NUMBER_MAX)
		return;
	if (taken)
		REQUIRE(number);
	if (!number)
		return;
	paise = strtold(text, NULL) * 100;
	if (taken) {
		REQUIRE(amount.paise >= -MONEY_MAX_PAISE && amount.paise <= MONEY_MAX_PAISE);
		REQUIRE(fabsl(paise - (long double)amount.paise) < 0.0002L);
		survives_printing(amount.paise);
	} else {
		REQUIRE(fabsl(paise) > (long double)MONEY_MAX_PAISE ||
			fabsl(paise - roundl(paise)) > 0.00005L);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = fuzz_arena();
	struct fuzz_input in = {data, size};
	int64_t sum = integer(&in), price = integer(&in), quantity = integer(&in);
	const char *text = fuzz_rest(&in, arena);

	adds_exactly(sum, price, quantity);
	/* Products of any size overflow nearly always. */
	adds_exactly(sum % MONEY_MAX_PAISE, price % 100000, quantity % 100000);
	survives_printing(sum);
	survives_printing(price % (MONEY_MAX_PAISE + 1));
	reads_integers_exactly(text);
	reads_amounts(text);
	return 0;
}
