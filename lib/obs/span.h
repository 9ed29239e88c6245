/*
 * Spans of traces, for an OpenTelemetry collector (OTEL_EXPORTER_OTLP_ENDPOINT): what was done, for
 * whom, when and how long. Noting one copies it into a bounded queue, from which a thread of its
 * own sends (otlp.h): nobody waits for a collector, and what finds no room is dropped and counted.
 * Only traces whose beginner wants them recorded are (ctx_is_sampled()).
 */
#ifndef LIB_SPAN_H
#define LIB_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "metrics.h"

enum span_type {
	SPAN_REQUEST,  /* of this service: method, route, status */
	SPAN_CALL,     /* of another one: method, path, status */
	SPAN_DATABASE, /* operation, collection */
	SPAN_WORK,     /* behind a request's back: what is done */
	SPAN_TYPES,
};

enum {
	SPAN_VERB_MAX = 47,
	SPAN_TARGET_MAX = 95,
	SPANS_MAX = 4096, /* that wait to be sent */
};

/* One that waits. */
struct span {
	enum span_type type;
	int64_t start_us; /* since 1970 */
	int64_t duration_us;
	int status;  /* of HTTP; 0: none */
	bool failed; /* for a fault of ours, or of whom was called */
	char traceparent[TRACEPARENT_LEN + 1];
	char parent_id[SPAN_ID_LEN + 1]; /* "": none that anybody records */
	char link[TRACEPARENT_LEN + 1];  /* of a span that it was done together with; "": none */
	char request_id[REQUEST_ID_MAX + 1];
	char client_request_id[REQUEST_ID_MAX +
			       1];        /* an id that an untrusted client sent; "": none */
	char verb[SPAN_VERB_MAX + 1];     /* method, operation, or what is done */
	char target[SPAN_TARGET_MAX + 1]; /* route, path or collection; "": none */
};

/* What there is to say of a span that has just ended. */
struct span_end {
	enum span_type type;
	/* Of a part of the context's work: NULL where that ended itself; SPAN_ANY: one that nobody
	 * else knows. */
	const char *traceparent;
	const char *verb, *target;     /* the target may be NULL */
	const char *link;              /* may be NULL */
	const char *client_request_id; /* may be NULL */
	int status;
	bool failed;
	int64_t duration_us;
};

extern const char SPAN_ANY[];

/* Begins to take spans, before any other thread. ERR_NO_MEMORY without memory. */
enum err spans_open(void) MUST_CHECK;
void spans_close(void);

/* Whether a span of this work would be taken: for who has to do something for it. */
bool span_is_wanted(const struct ctx *ctx);

/* Notes one, if it is wanted. */
void span_note(const struct ctx *ctx, const struct span_end *end);

/* Copies the first ones that wait, up to `most`; they stay. Waits for some up to `wait_ms` where
 * there are few. Of the one thread that sends. */
size_t spans_peek(struct span *out, size_t most, int64_t wait_ms);

/* Takes the first `n` away, which were sent, or can't be (then they count as dropped). */
void spans_forget(size_t n, bool dropped);

/* Wakes who waits in spans_peek(). */
void spans_wake(void);

/* How many were dropped; by all processes of the pool, as a metric. */
int64_t spans_dropped(void);
extern const struct metrics span_metrics;

#endif
