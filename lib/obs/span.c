#define _GNU_SOURCE /* pthread_cond_clockwait */
#include "span.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum {
	SPANS_SOON = SPANS_MAX / 8, /* with so many, spans_peek() doesn't wait */
	TRACE_HALF = TRACE_ID_LEN / 2,
};

const char SPAN_ANY[] = "";

/* A ring buffer. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t enough;
	struct span *spans; /* NULL: closed */
	size_t first, n;
	bool woken;
	int64_t dropped;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .enough = PTHREAD_COND_INITIALIZER};

static struct metric dropped_spans = {"spans_dropped_total", "spans that the collector didn't get",
				      METRIC_COUNTER};
static struct metric *const rows[] = {&dropped_spans};
const struct metrics span_metrics = METRICS(rows);

/* The caller holds the lock. */
static void count_dropped(size_t n)
{
	queue.dropped += (int64_t)n;
	metric_add(&dropped_spans, (int64_t)n);
}

enum err spans_open(void)
{
	queue.spans = calloc(SPANS_MAX, sizeof *queue.spans);
	queue.first = queue.n = 0;
	queue.dropped = 0;
	queue.woken = false;
	return queue.spans ? OK : ERR_NO_MEMORY;
}

void spans_close(void)
{
	free(queue.spans);
	queue.spans = NULL;
}

bool span_is_wanted(const struct ctx *ctx)
{
	return queue.spans && ctx_is_sampled(ctx);
}

/* ---- adding ---- */

static void copy(char *out, const char *text, size_t most)
{
	size_t len = text ? strnlen(text, most) : 0;

	if (len)
		memcpy(out, text, len);
	out[len] = '\0';
}

/* Sets the ids of a span and of its parent. `traceparent`: see struct span_end. */
static void set_ids(struct span *span, const struct ctx *ctx, const char *traceparent)
{
	if (!traceparent) {
		memcpy(span->traceparent, ctx->traceparent, sizeof span->traceparent);
		/* The gateway's span is not recorded. Its id is the second half of the trace id
		 * (nginx/snippets/ids.conf). */
		if (ctx->parent_id[0] &&
		    memcmp(ctx->parent_id, ctx->traceparent + TRACE_ID_AT + TRACE_HALF,
			   SPAN_ID_LEN) != 0)
			memcpy(span->parent_id, ctx->parent_id, sizeof span->parent_id);
		return;
	}
	if (traceparent == SPAN_ANY)
		ctx_new_span(span->traceparent, ctx);
	else
		copy(span->traceparent, traceparent, TRACEPARENT_LEN);
	copy(span->parent_id, ctx->traceparent + SPAN_ID_AT, SPAN_ID_LEN);
}

void span_note(const struct ctx *ctx, const struct span_end *end)
{
	struct span span;

	if (!span_is_wanted(ctx))
		return;
	span = (struct span){
	    .type = end->type,
	    .start_us = clock_now_us() - end->duration_us,
	    .duration_us = end->duration_us,
	    .status = end->status,
	    .failed = end->failed,
	};
	set_ids(&span, ctx, end->traceparent);
	copy(span.link, end->link, TRACEPARENT_LEN);
	copy(span.request_id, ctx->request_id, REQUEST_ID_MAX);
	copy(span.client_request_id, end->client_request_id, REQUEST_ID_MAX);
	copy(span.verb, end->verb, SPAN_VERB_MAX);
	copy(span.target, end->target, SPAN_TARGET_MAX);
	pthread_mutex_lock(&queue.lock);
	if (queue.n == SPANS_MAX)
		count_dropped(1);
	else
		queue.spans[(queue.first + queue.n++) % SPANS_MAX] = span;
	if (queue.n == SPANS_SOON)
		pthread_cond_signal(&queue.enough);
	pthread_mutex_unlock(&queue.lock);
}

/* ---- removing ---- */

size_t spans_peek(struct span *out, size_t most, int64_t wait_ms)
{
	struct timespec until = clock_mono_timespec(clock_mono_ms() + wait_ms);
	size_t n;

	pthread_mutex_lock(&queue.lock);
	while (queue.n < SPANS_SOON && !queue.woken &&
	       !pthread_cond_clockwait(&queue.enough, &queue.lock, CLOCK_MONOTONIC, &until))
		;
	queue.woken = false;
	n = queue.n < most ? queue.n : most;
	for (size_t i = 0; i < n; i++)
		out[i] = queue.spans[(queue.first + i) % SPANS_MAX];
	pthread_mutex_unlock(&queue.lock);
	return n;
}

void spans_forget(size_t n, bool dropped)
{
	pthread_mutex_lock(&queue.lock);
	queue.first = (queue.first + n) % SPANS_MAX;
	queue.n -= n;
	if (dropped)
		count_dropped(n);
	pthread_mutex_unlock(&queue.lock);
}

void spans_wake(void)
{
	pthread_mutex_lock(&queue.lock);
	queue.woken = true;
	pthread_cond_signal(&queue.enough);
	pthread_mutex_unlock(&queue.lock);
}

int64_t spans_dropped(void)
{
	int64_t dropped;

	pthread_mutex_lock(&queue.lock);
	dropped = queue.dropped;
	pthread_mutex_unlock(&queue.lock);
	return dropped;
}
