/*
 * The context of one piece of work: a request or a background job. It has what every layer below a
 * handler needs: memory, ids for the log, a deadline, and the database session. In parameter lists
 * it follows the results.
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
	TRACE_ID_AT = 3,      /* offset in a traceparent, as the next ones */
	TRACE_ID_LEN = 32,
	SPAN_ID_AT = 36,
	SPAN_ID_LEN = 16,
	TRACE_FLAGS_AT = 53,
};

struct ctx {
	struct arena *arena;
	struct db *db;
	struct _mongoc_client_t *client; /* popped at the first use; the arena pushes it back */
	struct _mongoc_client_session_t *session; /* of the current transaction, else NULL */
	unsigned
	    db_labels;    /* error labels of the last failed operation, for the transaction loop */
	int64_t deadline; /* clock_mono_ms() after which no new operation starts */
	char request_id[REQUEST_ID_MAX + 1];
	char traceparent[TRACEPARENT_LEN + 1]; /* the trace, with the span of this work */
	char parent_id[SPAN_ID_LEN + 1];       /* the caller's span; "": none */
	const char *user_id; /* of the request's token; NULL: none, or a service's */
};

/* Begins a piece of work that may take `budget_ms`. Arena and database are borrowed; `db` may be
 * NULL. The caller calls ctx_set_ids() next. */
void ctx_begin(struct ctx *ctx, struct arena *arena, struct db *db, int64_t budget_ms);

/* Ends the work: resets the arena, which releases all registered objects: documents and cursors,
 * then the database client. */
void ctx_end(struct ctx *ctx);

/* Registers the document with the arena, which then owns it. Returns it; NULL if out of memory. */
bson_t *ctx_bson(struct ctx *ctx, bson_t *bson) MUST_CHECK;

/* Sets the ids: the caller's if they are valid, else new random ones. Either may be NULL. The work
 * becomes a new span below the caller's. A new trace belongs to no client's request, and is not
 * sampled. */
void ctx_set_ids(struct ctx *ctx, const char *request_id, const char *traceparent);

/* Writes a traceparent with a new span of the same trace, for a part of the work. */
void ctx_new_span(char out[static TRACEPARENT_LEN + 1], const struct ctx *ctx);

/* Whether the trace is sampled, that is, recorded. Its first participant decides. */
bool ctx_is_sampled(const struct ctx *ctx);

#endif
