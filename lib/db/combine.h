/*
 * Group commit: what several threads want done of one kind is done in one go. While one go is under
 * way, those who come gather; then the first of them does what has gathered, for all. Nobody waits
 * for company: who comes alone does his own at once. The busier it is, the more is done together,
 * and what a database asks for each command is shared.
 */
#ifndef LIB_COMBINE_H
#define LIB_COMBINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "ctx.h"
#include "err.h"

enum { COMBINE_MAX = 32 }; /* jobs in one go */

/* One thread's part; a struct of the caller's begins with it. Lives until combine() returns. */
struct combine_job {
	struct ctx *ctx; /* the caller's; what belongs to the result goes into its arena */
	enum err result;

	/* Its place among the others; set by combine(). */
	struct combine_job *next;
	pthread_cond_t turn;
	bool done, leads;
};

struct combiner {
	/* Does `n` jobs (1 to COMBINE_MAX) and sets the result of each. `ctx` is that of one of
	 * them, with the latest deadline of all. */
	void (*run)(struct ctx *ctx, struct combine_job **jobs, size_t n);

	pthread_mutex_t lock;
	struct combine_job *first, *last; /* those that gather */
	bool busy;                        /* a go is under way */
};

#define COMBINER(run_)                                           \
	{                                                        \
		.run = (run_), .lock = PTHREAD_MUTEX_INITIALIZER \
	}

/* Has the job done, alone or with others; returns its result. */
enum err combine(struct combiner *combiner, struct combine_job *job) MUST_CHECK;

#endif
