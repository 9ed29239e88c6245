/*
 * The context of one piece of work: a request, or a background job. It brings what every layer
 * below a handler needs: memory, the names under which the work is logged, a deadline, and the
 * database session. Stores and clients take it first after their results.
 */
#ifndef LIB_CTX_H
#define LIB_CTX_H

#include <bson/bson.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

struct db;

enum {
	REQUEST_ID_MAX = 64,
	TRACEPARENT_LEN = 55, /* W3C Trace Context, version 00: 00-TRACE-SPAN-FLAGS */
	TRACE_ID_AT = 3,      /* in a traceparent */
	TRACE_ID_LEN = 32,
	SPAN_ID_AT = 36,
	SPAN_ID_LEN = 16,
	TRACE_FLAGS_AT = 53,
};

struct ctx {
	struct arena *arena;
	struct db *db;
	struct _mongoc_client_t *client; /* popped at the first use; the arena pushes it back */
	struct _mongoc_client_session_t *session; /* of the transaction under way, else NULL */
	unsigned db_labels; /* of its last failed operation; for the transaction's loop alone */
	int64_t deadline;   /* clock_mono_ms() after which nothing new is begun */
	char request_id[REQUEST_ID_MAX + 1];
	char traceparent[TRACEPARENT_LEN + 1]; /* the trace, with the span of this work */
	char parent_id[SPAN_ID_LEN + 1];       /* the span on whose behalf it is done; "": none */
	const char
	    *user_id; /* of the token that the request came with; NULL: none, or a service's */
};

/* Begins a piece of work that may take `budget_ms`. Arena and database are borrowed; `db` may be
 * NULL where the work needs none. ctx_set_ids() is next. */
void ctx_begin(struct ctx *ctx, struct arena *arena, struct db *db, int64_t budget_ms);

/* Ends it: resets the arena, which releases whatever was registered with it: documents and cursors,
 * then the database client. */
void ctx_end(struct ctx *ctx);

/* Has the bson released with the context; borrowed result, NULL without memory. */
bson_t *ctx_bson(struct ctx *ctx, bson_t *bson) MUST_CHECK;

/* Takes over a caller's ids where they are valid, and makes them up where they are not. Either may
 * be NULL. The work is a span of its own below the caller's. A trace that is made up here is of
 * work that nobody asked for, and isn't sampled. */
void ctx_set_ids(struct ctx *ctx, const char *request_id, const char *traceparent);

/* Writes a traceparent of the same trace with a new span: of a part of the work. */
void ctx_new_span(char out[static TRACEPARENT_LEN + 1], const struct ctx *ctx);

/* Whether whoever began the trace wants it to be recorded. */
bool ctx_is_sampled(const struct ctx *ctx);

#endif
