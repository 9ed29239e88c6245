/*
 * Exact amounts of money: integers of the smallest unit (paise) in the program, JSON numbers in
 * rupees in input and output. No conversion uses binary fractions.
 */
#ifndef LIB_MONEY_H
#define LIB_MONEY_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct money {
	int64_t paise;
};

/* An optional amount that is absent. No price is negative. */
#define MONEY_NONE ((struct money){-1})

enum { MONEY_TEXT_SIZE = 24 };

/* Limit for both signs. A client that parses the number as a double keeps all fifteen digits. */
#define MONEY_MAX_PAISE INT64_C(999999999999999)
#define MONEY_MAX_TEXT  "9999999999999.99" /* in rupees */

/* Writes the shortest form in rupees: 60, 60.5, 0.05, -3. */
void money_format(char out[static MONEY_TEXT_SIZE], struct money amount);

/* Parses a JSON number of rupees. A number that differs from whole paise by less than a millionth
 * of a rupee is rounded: clients that calculate in binary fractions send 3.3000000000000003.
 * ERR_INVALID for any other text, and beyond MONEY_MAX_PAISE. */
enum err money_parse(struct money *amount, const char *text) MUST_CHECK;

/* Adds price × quantity to *sum. ERR_INVALID beyond MONEY_MAX_PAISE; *sum is then unchanged. */
enum err money_add(struct money *sum, struct money price, int64_t quantity) MUST_CHECK;

#endif
