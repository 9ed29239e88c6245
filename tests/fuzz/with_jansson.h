/* A second reader of JSON. Its header and that of json-c have names in common. */
#ifndef TESTS_FUZZ_WITH_JANSSON_H
#define TESTS_FUZZ_WITH_JANSSON_H

#include <stddef.h>

enum jansson_result {
	JANSSON_READ,
	JANSSON_REFUSED,
	JANSSON_OVERFLOW, /* a number beyond its types */
};

/* Reads `len` bytes as RFC 8259 has it, without duplicate names, and prints the value to *printed,
 * which the caller gives to free(). */
enum jansson_result jansson_read(char **printed, const char *text, size_t len);

#endif
