/* A second parser of JSON. It has its own file because jansson.h and json-c's header share names.
 */
#ifndef TESTS_FUZZ_WITH_JANSSON_H
#define TESTS_FUZZ_WITH_JANSSON_H

#include <stddef.h>

enum jansson_result {
	JANSSON_READ,
	JANSSON_REFUSED,
	JANSSON_OVERFLOW, /* a number beyond its types */
};

/* Parses `len` bytes according to RFC 8259, without duplicate names, and prints the value to
 * *printed, which the caller frees. */
enum jansson_result jansson_read(char **printed, const char *text, size_t len);

#endif
