/*
 * How many calls of a kind an account may make in a minute. Counted in memory, for each process by
 * itself, in a table of a fixed size: many accounts can't grow it, and can't make it forget one
 * that has used up its calls while others have more left.
 */
#ifndef LIB_CALL_LIMIT_H
#define LIB_CALL_LIMIT_H

#include <stdint.h>

#include "err.h"

/* A minute begins at an account's first call. */
enum { CALL_LIMIT_MINUTE_MS = 60 * 1000 };

/* What has a limit of its own. */
enum call_kind {
	CALLS_ROUTE, /* of routes that are ROUTE_LIMITED */
	CALLS_KEYED, /* others whose answer is stored under a key */
	CALL_KINDS,
};

/* Sets the limits of this process, once, before any thread; 0: none. Forgets all that was counted.
 * Needs sodium_init(). */
void call_limit_init(const int64_t calls_per_minute[static CALL_KINDS]);

/* Counts a call of an account at a time (clock_mono_ms()). ERR_TOO_MANY_REQUESTS where it has used
 * up its calls: *wait_ms is then the time until its next minute, else it is left alone. */
enum err call_limit_count(int64_t *wait_ms, enum call_kind kind, const char *user_id,
			  int64_t now_ms) MUST_CHECK;

#endif
