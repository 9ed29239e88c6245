#include "decimal.h"

#include <string.h>

static const char ten[] = "0123456789";

/* ---- reading ---- */

/* Appends digits of the whole part or of the fraction. Leading zeros only move the point. False if
 * there are too many. */
static bool append_digits(struct decimal *d, const char *digits, size_t n, bool whole)
{
	for (size_t i = 0; i < n; i++) {
		if (d->n == 0 && digits[i] == '0') {
			d->point -= !whole;
			continue;
		}
		if (d->n == DECIMAL_DIGITS_MAX)
			return false;
		d->digits[d->n++] = digits[i];
		d->point += whole;
	}
	return true;
}

enum err decimal_parse(struct decimal *out, const char *text)
{
	struct decimal d = {.negative = *text == '-'};
	const char *whole = text + d.negative;
	size_t n_whole = strspn(whole, ten);
	bool point = whole[n_whole] == '.';
	const char *places = whole + n_whole + point;
	size_t n_places = point ? strspn(places, ten) : 0;
	const char *rest = places + n_places;
	int exponent = 0;

	if (!n_whole || point != (n_places > 0))
		return ERR_INVALID;
	if (*rest) {
		bool negative = rest[1] == '-';
		const char *digits = rest + 1 + (negative || rest[1] == '+');

		if ((*rest | 0x20) != 'e' || !*digits || digits[strspn(digits, ten)])
			return ERR_INVALID;
		for (; *digits && exponent < DECIMAL_EXPONENT_MAX; digits++)
			exponent = exponent * 10 + (*digits - '0');
		if (exponent > DECIMAL_EXPONENT_MAX)
			exponent = DECIMAL_EXPONENT_MAX;
		if (negative)
			exponent = -exponent;
	}
	if (!append_digits(&d, whole, n_whole, true) || !append_digits(&d, places, n_places, false))
		return ERR_INVALID;
	d.point += exponent;
	while (d.n && d.digits[d.n - 1] == '0')
		d.n--;
	*out = d;
	return OK;
}

/* ---- integers ---- */

static int digit(const struct decimal *d, int i)
{
	return i >= 0 && i < d->n ? d->digits[i] - '0' : 0;
}

/* The first `point` digits as an integer, moved away from zero by `up`. */
static int64_t integer(const struct decimal *d, int point, int up)
{
	int sign = d->negative ? -1 : 1;
	int64_t limit = d->negative ? INT64_MIN : INT64_MAX;
	int64_t value = 0;

	for (int i = 0; d->n && i < point; i++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, sign * digit(d, i), &value))
			return limit;
	}
	return __builtin_add_overflow(value, sign * up, &value) ? limit : value;
}

enum err decimal_to_int(int64_t *out, const struct decimal *d)
{
	if (d->n && d->n > d->point)
		return ERR_INVALID;
	*out = integer(d, d->point, 0);
	return OK;
}

enum err decimal_to_near_int(int64_t *out, const struct decimal *d, int shift)
{
	enum { PLACES = 4 }; /* decimal places of a ten-thousandth */
	int point = d->point + shift, zeros = 0, nines = 0;

	for (int i = point; i < point + PLACES; i++) {
		zeros += digit(d, i) == 0;
		nines += digit(d, i) == 9;
	}
	/* A number whose last digits are these nines differs by exactly a ten-thousandth. */
	if (zeros != PLACES && (nines != PLACES || d->n == point + PLACES))
		return ERR_INVALID;
	*out = integer(d, point, nines == PLACES);
	return OK;
}
