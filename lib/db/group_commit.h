/*
 * Group commit: jobs of one kind that several threads have at the same time are done by one
 * command. While one batch runs, new jobs queue; then the first of them becomes the leader and runs
 * the queue as the next batch. The others, the followers, wait for their results. A job without
 * others runs at once. Under higher load the batches are larger, and each job's share of a
 * command's fixed cost is smaller.
 *
 * Together, else one by one: where one job may be the reason why a command for several failed, they
 * get the result ERR_RETRY, and each is run again alone.
 */
#ifndef LIB_GROUP_COMMIT_H
#define LIB_GROUP_COMMIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "ctx.h"
#include "err.h"

enum { GROUP_COMMIT_MAX = 32 }; /* jobs of a batch */

/* One thread's job, the first member of a struct of the caller's. Lives until group_commit()
 * returns. */
struct group_commit_job {
	struct ctx *ctx; /* the caller's; memory of the result is allocated in its arena */
	enum err result;

	/* Set by group_commit(). */
	struct group_commit_job *next;
	pthread_cond_t turn;
	bool done, is_leader;
};

/* Runs `n` jobs (1 to GROUP_COMMIT_MAX) and sets the result of each. A job with the result
 * ERR_RETRY is run again alone, unless `n` is 1. `ctx` is the leader's, with the latest deadline of
 * the jobs.
 */
typedef void group_commit_run(struct ctx *ctx, struct group_commit_job **jobs, size_t n);

struct group_commit {
	group_commit_run *run;

	pthread_mutex_t lock;
	struct group_commit_job *first, *last; /* the queue */
	bool busy;                             /* a batch is running */
};

#define GROUP_COMMIT(run_)                                       \
	{                                                        \
		.run = (run_), .lock = PTHREAD_MUTEX_INITIALIZER \
	}

/* Runs the job, alone or in a batch with others; returns its result. */
enum err group_commit(struct group_commit *group, struct group_commit_job *job) MUST_CHECK;

/* Runs a step of a batch for some of its jobs: together, then alone for each whose result is
 * ERR_RETRY. For a batch whose other steps must not be repeated. */
void group_commit_step(group_commit_run *run, struct ctx *ctx, struct group_commit_job **jobs,
		       size_t n);

#endif
