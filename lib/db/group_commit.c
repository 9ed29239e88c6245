#include "group_commit.h"

#include "clock.h"
#include "span.h"

void group_commit_step(group_commit_run *run, struct ctx *ctx, struct group_commit_job **jobs,
		       size_t n)
{
	run(ctx, jobs, n);
	for (size_t i = 0; i < n && n > 1; i++) {
		if (jobs[i]->result == ERR_RETRY)
			run(ctx, &jobs[i], 1);
	}
}

/* Runs a batch with the latest deadline of its jobs: a job that has little time left must not fail
 * the others. */
static void run_batch(struct group_commit *c, struct ctx *ctx, struct group_commit_job **jobs,
		      size_t n)
{
	int64_t deadline = ctx->deadline, began_us = clock_mono_us();

	for (size_t i = 0; i < n; i++) {
		if (jobs[i]->ctx->deadline > ctx->deadline)
			ctx->deadline = jobs[i]->ctx->deadline;
	}
	group_commit_step(c->run, ctx, jobs, n);
	ctx->deadline = deadline;
	/* The batch's operations are in the leader's trace. Each follower's span has a link to it.
	 */
	for (size_t i = 0; i < n; i++) {
		if (jobs[i]->ctx == ctx)
			continue;
		span_note(jobs[i]->ctx, &(struct span_end){
					    .type = SPAN_WORK,
					    .traceparent = SPAN_ANY,
					    .verb = "group_commit.joined",
					    .link = ctx->traceparent,
					    .failed = err_is_temporary(jobs[i]->result),
					    .duration_us = clock_mono_us() - began_us,
					});
	}
}

/* Runs the next batch of the queue, of which the leader's own job is the first, wakes the followers
 * and appoints the next leader. The caller holds the lock, which is released during the batch. */
static void lead_batch(struct group_commit *c, struct ctx *ctx)
{
	struct group_commit_job *jobs[GROUP_COMMIT_MAX];
	size_t n = 0;

	c->busy = true;
	while (c->first && n < GROUP_COMMIT_MAX) {
		jobs[n++] = c->first;
		c->first = c->first->next;
	}
	pthread_mutex_unlock(&c->lock);
	run_batch(c, ctx, jobs, n);
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < n; i++) {
		jobs[i]->done = true;
		pthread_cond_signal(&jobs[i]->turn);
	}
	c->busy = c->first;
	if (c->first) {
		c->first->is_leader = true;
		pthread_cond_signal(&c->first->turn);
	}
}

enum err group_commit(struct group_commit *c, struct group_commit_job *job)
{
	job->next = NULL;
	job->done = job->is_leader = false;
	pthread_cond_init(&job->turn, NULL);
	pthread_mutex_lock(&c->lock);
	if (c->first)
		c->last->next = job;
	else
		c->first = job;
	c->last = job;
	while (c->busy && !job->done && !job->is_leader)
		pthread_cond_wait(&job->turn, &c->lock);
	if (!job->done)
		lead_batch(c, job->ctx);
	pthread_mutex_unlock(&c->lock);
	pthread_cond_destroy(&job->turn);
	return job->result;
}
