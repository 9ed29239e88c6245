#include "money.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "decimal.h"

enum { PAISE_PER_RUPEE = 100, PLACES = 2 };

void money_format(char out[static MONEY_TEXT_SIZE], struct money amount)
{
	bool negative = amount.paise < 0;
	/* Unsigned, because -INT64_MIN overflows an int64_t. */
	uint64_t size = negative ? 0 - (uint64_t)amount.paise : (uint64_t)amount.paise;
	uint64_t rupees = size / PAISE_PER_RUPEE;
	unsigned paise = (unsigned)(size % PAISE_PER_RUPEE);
	const char *sign = negative ? "-" : "";

	if (paise == 0)
		snprintf(out, MONEY_TEXT_SIZE, "%s%" PRIu64, sign, rupees);
	else if (paise % 10 == 0)
		snprintf(out, MONEY_TEXT_SIZE, "%s%" PRIu64 ".%u", sign, rupees, paise / 10);
	else
		snprintf(out, MONEY_TEXT_SIZE, "%s%" PRIu64 ".%02u", sign, rupees, paise);
}

static bool in_range(int64_t paise)
{
	return paise >= -MONEY_MAX_PAISE && paise <= MONEY_MAX_PAISE;
}

enum err money_parse(struct money *amount, const char *text)
{
	const char *whole = text + (*text == '-');
	bool leading_zero = whole[0] == '0' && whole[1] >= '0' && whole[1] <= '9';
	struct decimal rupees;
	int64_t paise;

	if (leading_zero || decimal_parse(&rupees, text) ||
	    decimal_to_near_int(&paise, &rupees, PLACES) || !in_range(paise))
		return ERR_INVALID;
	amount->paise = paise;
	return OK;
}

enum err money_add(struct money *sum, struct money price, int64_t quantity)
{
	int64_t total;

	if (__builtin_mul_overflow(price.paise, quantity, &total) ||
	    __builtin_add_overflow(sum->paise, total, &total) || !in_range(total))
		return ERR_INVALID;
	sum->paise = total;
	return OK;
}
