/*
 * Limits the calls of a kind that an account may make in a minute. Each process counts in its own
 * memory, in a table of fixed size: many accounts can't make it grow, nor make it evict an account
 * that has used up its calls while the table has accounts with fewer calls.
 */
#ifndef LIB_CALL_LIMIT_H
#define LIB_CALL_LIMIT_H

#include <stdint.h>

#include "err.h"

/* A minute begins at an account's first call. */
enum { CALL_LIMIT_MINUTE_MS = 60 * 1000 };

/* Kinds of calls, each with its own limit. */
enum call_kind {
	CALLS_ROUTE, /* calls of routes that are ROUTE_LIMITED */
	CALLS_KEYED, /* other calls, whose answer is stored under an idempotency key */
	CALL_KINDS,
};

/* Sets the limits of this process, once, before any thread; 0: no limit. Resets all counts. Needs
 * sodium_init(). */
void call_limit_init(const int64_t calls_per_minute[static CALL_KINDS]);

/* Counts a call of an account at `now_ms` (clock_mono_ms()). ERR_TOO_MANY_REQUESTS if the account
 * has used up its calls; only then *wait_ms is written: the time until its next minute. */
enum err call_limit_count(int64_t *wait_ms, enum call_kind kind, const char *user_id,
			  int64_t now_ms) MUST_CHECK;

#endif
