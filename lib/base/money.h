/*
 * Money, exactly: integers of the smallest unit (paise) inside, a JSON number in rupees outside.
 * No binary fraction stands in between.
 */
#ifndef LIB_MONEY_H
#define LIB_MONEY_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct money {
	int64_t paise;
};

/* An optional amount that wasn't given: no price is negative. */
#define MONEY_NONE ((struct money){-1})

enum { MONEY_TEXT_SIZE = 24 };

/* Of either sign. Fifteen digits survive a client that reads the number as a binary double. */
#define MONEY_MAX_PAISE INT64_C(999999999999999)
#define MONEY_MAX_TEXT  "9999999999999.99" /* in rupees */

/* Writes the shortest form in rupees: 60, 60.5, 0.05, -3. */
void money_format(char out[static MONEY_TEXT_SIZE], struct money amount);

/* Reads a number of rupees, as it stands in JSON. What a client that counts in binary fractions
 * sends (3.3000000000000003) is rounded to paise where it differs by less than a millionth of a
 * rupee. ERR_INVALID for anything else, or beyond MONEY_MAX_PAISE. */
enum err money_parse(struct money *amount, const char *text) MUST_CHECK;

/* sum + price × quantity. ERR_INVALID beyond MONEY_MAX_PAISE; the sum is then as it was. */
enum err money_add(struct money *sum, struct money price, int64_t quantity) MUST_CHECK;

#endif
