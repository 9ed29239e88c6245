/*
 * Memory of one piece of work (a request or a background job): many allocations, freed together.
 *
 * arena_defer() registers objects of other libraries (bson_t, cursors, json_object); the next reset
 * releases them in reverse order. Only one thread may use an arena at a time.
 */
#ifndef LIB_ARENA_H
#define LIB_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct arena;

/* Creates an arena that allocates at most `ceiling` bytes between two resets. NULL if out of
 * memory. */
struct arena *arena_new(size_t ceiling);
void arena_free(struct arena *arena);

/* Whether an allocation failed since the last reset: at the ceiling, or because malloc() failed. */
bool arena_is_exhausted(const struct arena *arena);

/* Releases the registered objects in reverse order, then frees all memory. */
void arena_reset(struct arena *arena);

/* Returns `size` zeroed bytes, aligned for any type. NULL if out of memory or above the ceiling. */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;

/* Returns `n` zeroed elements of `size` bytes. NULL as above, and if the product overflows. */
void *arena_array(struct arena *arena, size_t n, size_t size) MUST_CHECK;

/* Returns a copy of `len` bytes, followed by a NUL. NULL as above. */
char *arena_strndup(struct arena *arena, const char *s, size_t len) MUST_CHECK;

/* Formats as printf() does, into memory of the arena. NULL as above. */
char *arena_printf(struct arena *arena, const char *format, ...) MUST_CHECK
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args) MUST_CHECK
    __attribute__((format(printf, 2, 0)));

/*
 * Registers `object`: the next reset calls `release(object)`. Returns `object`. If out of memory,
 * it releases the object at once and returns NULL. NULL is allowed and returned, so a caller can
 * pass the result of a constructor and check for NULL once.
 */
void *arena_defer(struct arena *arena, void (*release)(void *), void *object) MUST_CHECK;

#endif
