#include "group_commit.h"

#include "clock.h"
#include "span.h"

static void enqueue(struct group_commit *c, struct group_commit_job *job)
{
	if (c->first)
		c->last->next = job;
	else
		c->first = job;
	c->last = job;
}

/* Takes the next batch from the queue. The leader's own job is the first of it. */
static size_t dequeue_batch(struct group_commit_job **jobs, struct group_commit *c)
{
	size_t n = 0;

	while (c->first && n < GROUP_COMMIT_MAX) {
		jobs[n++] = c->first;
		c->first = c->first->next;
	}
	return n;
}

/* The batch's operations are in the leader's trace: a span of each follower links there. */
static void note_shared(const struct group_commit_job *job, const struct ctx *by,
			int64_t duration_us)
{
	span_note(job->ctx, &(struct span_end){
				.type = SPAN_WORK,
				.traceparent = SPAN_ANY,
				.verb = "group_commit.joined",
				.link = by->traceparent,
				.failed = err_is_temporary(job->result),
				.duration_us = duration_us,
			    });
}

/* The batch has the latest deadline of its jobs: one that has little time left must not fail the
 * others. */
static void run(struct group_commit *c, struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	int64_t deadline = ctx->deadline, began_us = clock_mono_us();

	for (size_t i = 0; i < n; i++) {
		if (jobs[i]->ctx->deadline > ctx->deadline)
			ctx->deadline = jobs[i]->ctx->deadline;
	}
	c->run(ctx, jobs, n);
	ctx->deadline = deadline;
	for (size_t i = 0; i < n; i++) {
		if (jobs[i]->ctx != ctx)
			note_shared(jobs[i], ctx, clock_mono_us() - began_us);
	}
}

static void wake_followers(struct group_commit_job **jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		jobs[i]->done = true;
		pthread_cond_signal(&jobs[i]->turn);
	}
}

/* Makes the first job of the queue the leader of the next batch. */
static void choose_leader(struct group_commit *c)
{
	c->busy = c->first;
	if (!c->first)
		return;
	c->first->is_leader = true;
	pthread_cond_signal(&c->first->turn);
}

enum err group_commit(struct group_commit *c, struct group_commit_job *job)
{
	struct group_commit_job *jobs[GROUP_COMMIT_MAX];
	size_t n;

	job->next = NULL;
	job->done = job->is_leader = false;
	pthread_cond_init(&job->turn, NULL);
	pthread_mutex_lock(&c->lock);
	enqueue(c, job);
	while (c->busy && !job->done && !job->is_leader)
		pthread_cond_wait(&job->turn, &c->lock);
	if (!job->done) {
		c->busy = true;
		n = dequeue_batch(jobs, c);
		pthread_mutex_unlock(&c->lock);
		run(c, job->ctx, jobs, n);
		pthread_mutex_lock(&c->lock);
		wake_followers(jobs, n);
		choose_leader(c);
	}
	pthread_mutex_unlock(&c->lock);
	pthread_cond_destroy(&job->turn);
	return job->result;
}
