#include "money.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PAISE_PER_RUPEE = 100, PLACES = 2 };

void money_format(char out[static MONEY_TEXT_SIZE], struct money amount)
{
	bool negative = amount.paise < 0;
	/* Unsigned, because the smallest int64_t has no counterpart above zero. */
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

/* Appends `n` decimal digits to a value that stays in range. */
static bool append_digits(int64_t *value, const char *digits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		*value = *value * 10 + (digits[i] - '0');
		if (!in_range(*value))
			return false;
	}
	return true;
}

enum err money_parse(struct money *amount, const char *text)
{
	static const char digits[] = "0123456789";
	bool negative = *text == '-';
	const char *whole = text + negative;
	size_t n_whole = strspn(whole, digits);
	bool point = whole[n_whole] == '.';
	const char *places = whole + n_whole + point;
	size_t n_places = strspn(places, digits);
	bool leading_zero = n_whole > 1 && *whole == '0';
	int64_t value = 0;

	if (!n_whole || leading_zero || point != (n_places > 0) || n_places > PLACES ||
	    places[n_places])
		return ERR_INVALID;
	if (!append_digits(&value, whole, n_whole) || !append_digits(&value, places, n_places) ||
	    !append_digits(&value, "00", PLACES - n_places))
		return ERR_INVALID;
	amount->paise = negative ? -value : value;
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
