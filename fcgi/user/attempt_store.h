/*
 * Failed logins in the database: user_db.login_attempts, one counter a document.
 *
 * A counter's window begins with its first attempt. One conditional update reserves an attempt
 * before its password is hashed, so parallel guesses cannot exceed the limit together, in whichever
 * processes they run. A login that succeeds releases its attempt. If a process crashes in between,
 * the attempt counts as failed. Writes do not wait for the journal: a login costs no durable write,
 * and a crash of the database may lose the newest failures.
 */
#ifndef ATTEMPT_STORE_H
#define ATTEMPT_STORE_H

#include <stddef.h>

#include "ctx.h"

enum { ATTEMPT_ID_SIZE = 33 };

struct attempt {
	char id[ATTEMPT_ID_SIZE]; /* of the counter; a hash: neither login name nor address */
	int64_t max_attempts;     /* in a window */
	int64_t window_ms;
	int64_t until_ms; /* end of the window, set by attempt_reserve() */
};

/* Reads for how long each counter refuses attempts: wait_ms[i] is 0 if attempts[i] is allowed.
 * Writes nothing to the database. */
enum err attempts_read(int64_t *wait_ms, struct ctx *ctx, const struct attempt *attempts,
		       size_t n) MUST_CHECK;

/* Counts an attempt. *wait_ms: 0; if its window is full, the attempt is not counted, and *wait_ms
 * is the rest of the window. */
enum err attempt_reserve(int64_t *wait_ms, struct ctx *ctx, struct attempt *attempt) MUST_CHECK;

/* Releases a reserved attempt. No effect after the end of its window. */
enum err attempt_release(struct ctx *ctx, const struct attempt *attempt) MUST_CHECK;

#endif
