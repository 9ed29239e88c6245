/*
 * Calls of this process that wait for another call of the same user. Orders and adds have places of
 * their own, so that neither keeps the other from waiting; where the process has three threads or
 * more, a quarter of them stays free. One user has at most three quarters of the places of a kind.
 */
#ifndef WAITING_H
#define WAITING_H

#include "ctx.h"

enum {
	WAITING_MS = 2000,      /* that a call waits for another one at the most */
	WAITING_WORK_MS = 1500, /* that it has left when the other one is done */
};

enum waiting_for {
	WAITING_ORDER, /* half of the threads */
	WAITING_ADD,   /* a quarter of them */
	WAITING_KINDS,
};

/* Begins to wait; gives the context time until `until` (clock_mono_ms()) and WAITING_WORK_MS more.
 * `user_id` is borrowed until waiting_leave(), which is called after OK only. ERR_IN_PROGRESS where
 * all places, or those that one user may have, are taken. */
enum err waiting_enter(struct ctx *ctx, enum waiting_for kind, const char *user_id,
		       int64_t until) MUST_CHECK;
void waiting_leave(enum waiting_for kind, const char *user_id);

/* Sleeps before look number `turn`, from 0: longer each time up to a ceiling, and varied by chance.
 */
void waiting_pause(int turn);

#endif
