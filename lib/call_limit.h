/*
 * How many calls of some routes (ROUTE_LIMITED) an account may make in a minute. Counted in memory,
 * for each process by itself, in a table of a fixed size: many accounts can't grow it, and can't
 * make it forget one that has used up its calls while others have more left.
 */
#ifndef LIB_CALL_LIMIT_H
#define LIB_CALL_LIMIT_H

#include <stdint.h>

#include "err.h"

/* A minute begins at an account's first call. */
enum { CALL_LIMIT_MINUTE_MS = 60 * 1000 };

/* Sets the limit of this process, once, before any thread; 0: none. Forgets all that was counted.
 * Needs sodium_init(). */
void call_limit_init(int64_t calls_per_minute);

/* Counts a call of an account at a time (clock_mono_ms()). ERR_TOO_MANY_REQUESTS where it has used
 * up its calls: *wait_ms is then the time until its next minute, else it is left alone. */
enum err call_limit_count(int64_t *wait_ms, const char *user_id, int64_t now_ms) MUST_CHECK;

#endif
