/*
 * Failed logins in the database: user_db.login_attempts, one counter a document.
 *
 * A counter's window begins with its first attempt. An attempt is reserved before its password is
 * hashed, by one conditional update, so guesses in parallel cannot pass the limit together,
 * whichever processes they reach; a login that succeeds releases it. A process that dies in between
 * leaves an attempt that counts as failed. No write waits for the journal: a crash of the database
 * may forget the newest failures, and a login costs no durable write.
 */
#ifndef ATTEMPT_STORE_H
#define ATTEMPT_STORE_H

#include <stddef.h>

#include "ctx.h"

enum { ATTEMPT_ID_SIZE = 33 };

struct attempt {
	char id[ATTEMPT_ID_SIZE]; /* of the counter; no login name or address can be read from it */
	int64_t most;             /* attempts in a window */
	int64_t window_ms;
	int64_t until_ms; /* of the window in which it is reserved: see attempt_reserve() */
};

/* Tells of each of several counters for how long it refuses attempts: wait_ms[i] is 0 where it does
 * not. Writes nothing. */
enum err attempts_read(int64_t *wait_ms, struct ctx *ctx, const struct attempt *attempts,
		       size_t n) MUST_CHECK;

/* Counts an attempt, unless its window is full: *wait_ms is then how long that goes on, else 0. */
enum err attempt_reserve(int64_t *wait_ms, struct ctx *ctx, struct attempt *attempt) MUST_CHECK;

/* Takes a reserved attempt back; harmless where its window is over. */
enum err attempt_release(struct ctx *ctx, const struct attempt *attempt) MUST_CHECK;

#endif
