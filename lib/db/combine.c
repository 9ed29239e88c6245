#include "combine.h"

#include "clock.h"
#include "span.h"

static void gather(struct combiner *c, struct combine_job *job)
{
	if (c->first)
		c->last->next = job;
	else
		c->first = job;
	c->last = job;
}

/* The first of those that have gathered, with whom its own thread is always among them. */
static size_t take_gathered(struct combine_job **jobs, struct combiner *c)
{
	size_t n = 0;

	while (c->first && n < COMBINE_MAX) {
		jobs[n++] = c->first;
		c->first = c->first->next;
	}
	return n;
}

/* What is done for all stands in the trace of the one who does it: those of the others lead there.
 */
static void note_shared(const struct combine_job *job, const struct ctx *by, int64_t duration_us)
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

/* Where one has little time left, it mustn't fail the others. */
static void run(struct combiner *c, struct ctx *ctx, struct combine_job **jobs, size_t n)
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

static void tell_done(struct combine_job **jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		jobs[i]->done = true;
		pthread_cond_signal(&jobs[i]->turn);
	}
}

/* The next go is for the first of those who came meanwhile. */
static void pass_on(struct combiner *c)
{
	c->busy = c->first;
	if (!c->first)
		return;
	c->first->leads = true;
	pthread_cond_signal(&c->first->turn);
}

enum err combine(struct combiner *c, struct combine_job *job)
{
	struct combine_job *jobs[COMBINE_MAX];
	size_t n;

	job->next = NULL;
	job->done = job->leads = false;
	pthread_cond_init(&job->turn, NULL);
	pthread_mutex_lock(&c->lock);
	gather(c, job);
	while (c->busy && !job->done && !job->leads)
		pthread_cond_wait(&job->turn, &c->lock);
	if (!job->done) {
		c->busy = true;
		n = take_gathered(jobs, c);
		pthread_mutex_unlock(&c->lock);
		run(c, job->ctx, jobs, n);
		pthread_mutex_lock(&c->lock);
		tell_done(jobs, n);
		pass_on(c);
	}
	pthread_mutex_unlock(&c->lock);
	pthread_cond_destroy(&job->turn);
	return job->result;
}
