/*
 * Exact decimal numbers: the digits of a number's text and the position of its point. Converting a
 * text to an integer uses no binary fractions.
 */
#ifndef LIB_DECIMAL_H
#define LIB_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

enum {
	DECIMAL_DIGITS_MAX = 40,      /* JSON numbers have at most 32, a Decimal128 has 34 */
	DECIMAL_EXPONENT_MAX = 10000, /* a greater exponent, of either sign, counts as this */
};

/* The first digit and the last digit are not 0. Zero has no digits. */
struct decimal {
	bool negative;
	int n;     /* digits */
	int point; /* digits before the point; may be below 0 or above n, then zeros fill the gap */
	char digits[DECIMAL_DIGITS_MAX];
};

/* Parses an optional minus sign, digits, and optionally a fraction and an exponent (e or E).
 * ERR_INVALID for any other text, and for more than DECIMAL_DIGITS_MAX digits. */
enum err decimal_parse(struct decimal *out, const char *text) MUST_CHECK;

/* Converts to an integer. A number out of range becomes INT64_MAX or INT64_MIN. ERR_INVALID if it
 * has a fraction. */
enum err decimal_to_int(int64_t *out, const struct decimal *d) MUST_CHECK;

/* Converts the number × 10^shift to the nearest integer; out of range as above. ERR_INVALID if the
 * difference is a ten-thousandth or more. */
enum err decimal_to_near_int(int64_t *out, const struct decimal *d, int shift) MUST_CHECK;

#endif
