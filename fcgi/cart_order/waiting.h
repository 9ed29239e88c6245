/*
 * Calls of this process that wait for another call of the same user. They are half of the process's
 * threads at the most: one user with many calls could use all of them otherwise.
 */
#ifndef WAITING_H
#define WAITING_H

#include "ctx.h"

enum {
	WAITING_MS = 2000,      /* that a call waits for another one at the most */
	WAITING_WORK_MS = 1500, /* that it has left when the other one is done */
};

/* Begins to wait; gives the context time until `until` (clock_mono_ms()) and WAITING_WORK_MS more.
 * ERR_IN_PROGRESS where half of the threads wait already. waiting_leave() ends it in both cases. */
enum err waiting_enter(struct ctx *ctx, int64_t until) MUST_CHECK;
void waiting_leave(void);

/* Sleeps before look number `turn`, from 0: longer each time up to a ceiling, partly by chance. */
void waiting_pause(int turn);

#endif
