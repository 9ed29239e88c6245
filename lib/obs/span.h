/*
 * Spans of traces, for an OpenTelemetry collector (OTEL_EXPORTER_OTLP_ENDPOINT): an operation, its
 * request, its start and its duration. span_note() copies a span into a bounded queue; a separate
 * thread sends it (otlp.h), so that no request waits for the collector. If the queue is full, the
 * span is dropped and counted. Only sampled traces have spans (ctx_is_sampled()).
 */
#ifndef LIB_SPAN_H
#define LIB_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "metrics.h"

enum span_type {
	SPAN_REQUEST,  /* a request to this service: method, route, status */
	SPAN_CALL,     /* a call to another service: method, path, status */
	SPAN_DATABASE, /* a database operation: operation, collection */
	SPAN_WORK,     /* background work: its name */
	SPAN_TYPES,
};

enum {
	SPAN_VERB_MAX = 47,
	SPAN_TARGET_MAX = 95,
	SPANS_MAX = 4096, /* in the queue */
};

/* A span in the queue. */
struct span {
	enum span_type type;
	int64_t start_us; /* since 1970 */
	int64_t duration_us;
	int status;  /* HTTP status; 0: none */
	bool failed; /* through an error of this service or of the one that it called */
	char traceparent[TRACEPARENT_LEN + 1];
	char parent_id[SPAN_ID_LEN + 1]; /* "": none that is recorded */
	char link[TRACEPARENT_LEN + 1];  /* of a related span, as of a group commit; "": none */
	char request_id[REQUEST_ID_MAX + 1];
	/* The id that an untrusted client sent; "": none. */
	char client_request_id[REQUEST_ID_MAX + 1];
	char verb[SPAN_VERB_MAX + 1];     /* method, operation, or name of the work */
	char target[SPAN_TARGET_MAX + 1]; /* route, path or collection; "": none */
};

/* A span that has just ended. */
struct span_end {
	enum span_type type;
	/* NULL: the context's own span. Else a span below it: this one, or with SPAN_ANY a new one.
	 */
	const char *traceparent;
	const char *verb, *target;     /* the target may be NULL */
	const char *link;              /* may be NULL */
	const char *client_request_id; /* may be NULL */
	int status;
	bool failed;
	int64_t duration_us;
};

extern const char SPAN_ANY[];

/* Creates the queue, before any other thread starts. ERR_NO_MEMORY if out of memory. */
enum err spans_open(void) MUST_CHECK;
void spans_close(void);

/* Whether span_note() would queue a span of this work. Callers check it before expensive
 * preparations for one. */
bool span_is_wanted(const struct ctx *ctx);

/* Queues a span, if the queue is open and the trace is sampled. Thread-safe. */
void span_note(const struct ctx *ctx, const struct span_end *end);

/* Copies the first spans of the queue, at most `most`, and leaves them there. Waits up to `wait_ms`
 * while there are few. Only for the sending thread. */
size_t spans_peek(struct span *out, size_t most, int64_t wait_ms);

/* Removes the first `n` spans; `dropped` counts them as dropped. Only for the sending thread. */
void spans_forget(size_t n, bool dropped);

/* Ends the wait of spans_peek(). */
void spans_wake(void);

/* The number of spans that this process has dropped. The metric is for all processes of the pool.
 */
int64_t spans_dropped(void);
extern const struct metrics span_metrics;

#endif
