/*
 * Places for calls of this process that wait for another call of the same user. Orders and
 * additions have separate places, so that neither kind blocks the other; in a process with three
 * threads or more, a quarter of them stays free. One user has at most three quarters of the places
 * of a kind.
 */
#ifndef WAITING_H
#define WAITING_H

#include "ctx.h"

enum {
	WAITING_MS = 2000,      /* the longest wait for another call */
	WAITING_WORK_MS = 1500, /* time that is left to the call after the wait */
};

enum waiting_for {
	WAITING_ORDER, /* half of the threads */
	WAITING_ADD,   /* a quarter of them */
	WAITING_KINDS,
};

/* Occupies a place, and extends the context's deadline to WAITING_WORK_MS after `until`
 * (clock_mono_ms()). `user_id` is borrowed until waiting_leave(), which must follow after OK only.
 * ERR_IN_PROGRESS where all places, or those that one user may have, are occupied. */
enum err waiting_enter(struct ctx *ctx, enum waiting_for kind, const char *user_id,
		       int64_t until) MUST_CHECK;
void waiting_leave(enum waiting_for kind, const char *user_id);

/* Sleeps before check number `turn`, from 0: backoff with jitter, up to a maximum. */
void waiting_pause(int turn);

#endif
