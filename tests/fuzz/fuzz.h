/*
 * What the fuzz targets share. A target is a function that libFuzzer calls with made-up bytes. It
 * asserts properties of the code under test; the sanitizers report the rest.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

enum { FUZZ_ARENA_MAX = 16 << 20 }; /* bytes: no input of a target needs more */

/* Ends the program where a property does not hold; libFuzzer then keeps the input. */
#define REQUIRE(property) \
	((property) ? (void)0 : fuzz_require_failed(#property, __FILE__, __LINE__))

/* Called by libFuzzer. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn static inline void fuzz_require_failed(const char *property, const char *file, int line)
{
	fprintf(stderr, "%s:%d: the property does not hold: %s\n", file, line, property);
	abort();
}

/* An arena that is empty; it is reset by the next call, and lives as long as the program. */
static inline struct arena *fuzz_arena(void)
{
	static struct arena *arena;

	if (!arena)
		arena = arena_new(FUZZ_ARENA_MAX);
	REQUIRE(arena);
	arena_reset(arena);
	return arena;
}

/* What is left of an input. */
struct fuzz_input {
	const uint8_t *bytes;
	size_t len;
};

/* The next byte; 0 behind the last. */
static inline uint8_t fuzz_byte(struct fuzz_input *in)
{
	if (!in->len)
		return 0;
	in->len--;
	return *in->bytes++;
}

/* A copy of the next `len` bytes, or of what is left, with a NUL behind it, in the arena. */
static inline char *fuzz_text(struct fuzz_input *in, size_t len, struct arena *arena)
{
	size_t n = len < in->len ? len : in->len;
	char *text = arena_strndup(arena, (const char *)in->bytes, n);

	REQUIRE(text);
	in->bytes += n;
	in->len -= n;
	return text;
}

/* The next line without its end, likewise. */
static inline char *fuzz_line(struct fuzz_input *in, struct arena *arena)
{
	const uint8_t *end = in->len ? memchr(in->bytes, '\n', in->len) : NULL;
	char *line = fuzz_text(in, end ? (size_t)(end - in->bytes) : in->len, arena);

	if (end)
		fuzz_byte(in);
	return line;
}

/* All that is left, likewise. */
static inline char *fuzz_rest(struct fuzz_input *in, struct arena *arena)
{
	return fuzz_text(in, in->len, arena);
}

#endif
