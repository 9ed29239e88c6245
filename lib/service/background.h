/* Background jobs: threads that repeat work outside of requests until the process ends. */
#ifndef LIB_BACKGROUND_H
#define LIB_BACKGROUND_H

#include <stdint.h>

#include "ctx.h"

struct background_job {
	const char *name; /* in the log */
	/* One round. A long one checks background_stopping(). */
	void (*run)(struct ctx *ctx);
	int64_t pause_ms;  /* between rounds */
	int64_t budget_ms; /* of a round: the deadline of its context */
};

enum { BACKGROUND_JOBS_MAX = 8, BACKGROUND_MEMORY_MAX = 256 << 20 };

/* Starts a thread for a job, which is borrowed until the process ends. ERR_UNAVAILABLE without a
 * thread, ERR_NO_MEMORY. */
enum err background_start(const struct background_job *job, struct db *db) MUST_CHECK;

/* Whether background_stop() was called. */
int background_stopping(void);

/* Ends the current pause of a job: its next round begins at once. */
void background_wake(const struct background_job *job);

/* Stops all jobs after their current rounds, and joins their threads. */
void background_stop(void);

#endif
