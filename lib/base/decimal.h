/*
 * Decimal numbers, exactly: the text of a number as its digits and the place of the point. No
 * binary fraction is between the text and an integer that is made of it.
 */
#ifndef LIB_DECIMAL_H
#define LIB_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

enum {
	DECIMAL_DIGITS_MAX = 40,      /* a number of JSON has 32 at the most, a Decimal128 34 */
	DECIMAL_EXPONENT_MAX = 10000, /* a greater one, of either sign, counts as this */
};

/* The first digit and the last are not 0; zero has none. */
struct decimal {
	bool negative;
	int n;     /* digits */
	int point; /* digits before the point: below 0 or above n where zeros are between */
	char digits[DECIMAL_DIGITS_MAX];
};

/* Reads a number: a minus sign or none, digits, and a fraction and an exponent (e, E) or none.
 * ERR_INVALID for anything else, or for more digits than there is room for. */
enum err decimal_parse(struct decimal *out, const char *text) MUST_CHECK;

/* The integer that a number is. One beyond the type's range is the greatest or least of the type.
 * ERR_INVALID where there is a fraction. */
enum err decimal_to_int(int64_t *out, const struct decimal *d) MUST_CHECK;

/* The integer next to the number × 10^shift, in the same range. ERR_INVALID where they differ by a
 * ten-thousandth or more. */
enum err decimal_to_near_int(int64_t *out, const struct decimal *d, int shift) MUST_CHECK;

#endif
