/* Background threads: work that no request waits for, done again and again until the process ends.
 */
#ifndef LIB_BACKGROUND_H
#define LIB_BACKGROUND_H

#include <stdint.h>

#include "ctx.h"

struct background_job {
	const char *name; /* in the log */
	void (*run)(
	    struct ctx *ctx); /* one round; looks at background_stopping() where it is long */
	int64_t pause_ms;     /* between rounds */
	int64_t budget_ms;    /* the context's deadline in a round */
};

enum { BACKGROUND_JOBS_MAX = 8, BACKGROUND_MEMORY_MAX = 256 << 20 };

/* Starts a thread for a job; the job is borrowed for good. ERR_UNAVAILABLE without resources. */
enum err background_start(const struct background_job *job, struct db *db) MUST_CHECK;

/* Whether the process is about to end. */
int background_stopping(void);

/* Has a job begin its next round now rather than at the end of its pause. */
void background_wake(const struct background_job *job);

/* Ends all jobs after their round, and joins them. */
void background_stop(void);

#endif
