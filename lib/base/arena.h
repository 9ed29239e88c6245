/*
 * Memory of one piece of work, a request or a background job: allocated bit by bit, freed at once.
 *
 * Objects of other libraries (bson_t, cursors, json_object) are handed over with arena_defer() and
 * are released, last one first, by the same reset. An arena belongs to one thread.
 */
#ifndef LIB_ARENA_H
#define LIB_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct arena;

/* Makes an arena that hands out `ceiling` bytes at most between two resets. NULL without memory. */
struct arena *arena_new(size_t ceiling);
void arena_free(struct arena *arena);

/* Whether it refused memory since the last reset: the ceiling was reached, or the machine has none.
 */
bool arena_is_exhausted(const struct arena *arena);

/* Runs what was deferred, last one first, and takes all memory back. */
void arena_reset(struct arena *arena);

/* `size` zeroed bytes, aligned for any type; NULL without memory or over the ceiling. */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;

/* `n` zeroed elements of `size` bytes; NULL where the product overflows, too. */
void *arena_array(struct arena *arena, size_t n, size_t size) MUST_CHECK;

/* A copy of `len` bytes with a NUL behind it. */
char *arena_strndup(struct arena *arena, const char *s, size_t len) MUST_CHECK;

/* As sprintf. */
char *arena_printf(struct arena *arena, const char *format, ...) MUST_CHECK
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args) MUST_CHECK
    __attribute__((format(printf, 2, 0)));

/*
 * Has `release(object)` called by the next reset, and returns `object`. A NULL object is returned
 * as it is; where there is no memory for the note, the object is released at once and NULL
 * returned: so a caller checks one result alone.
 */
void *arena_defer(struct arena *arena, void (*release)(void *), void *object) MUST_CHECK;

#endif
