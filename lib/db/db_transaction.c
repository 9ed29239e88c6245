/* The transaction's loop. The driver's own goes on for up to 120 s; this one ends in 2. */
#include <sodium.h>

#include "clock.h"
#include "db.h"
#include "db_metrics.h"
#include "db_private.h"
#include "failpoint.h"
#include "log.h"
#include "span.h"

enum {
	TRIES = 5,
	TRANSACTION_MS = 2000, /* all tries, their commits and pauses */
	BACKOFF_MS = 8,        /* doubles with each try; a random part of it is slept */
	LOOK_MS = 20,          /* between two looks at the breaker */
};

typedef enum err transaction_body(struct ctx *ctx, void *arg);

/* Pauses before the next try; false where there is none. */
static bool may_go_on(const struct ctx *ctx, int tries)
{
	int64_t pause = 1 + randombytes_uniform((uint32_t)BACKOFF_MS << tries);

	if (tries >= TRIES || pause >= db_time_left(ctx))
		return false;
	metric_add(&db_transaction_retries, 1);
	clock_sleep_ms(pause);
	return true;
}

/* A commit whose result is unknown is worth waiting for as long as there is time. */
static bool await_server(const struct ctx *ctx)
{
	while (circuit_breaker_is_open(ctx->db->breaker) && db_time_left(ctx))
		clock_sleep_ms(LOOK_MS);
	return db_time_left(ctx) > 0;
}

/* Ends a try that failed. An open breaker means that no answer would come: the driver would wait
 * for one twice, so it is made to forget the session, and the server lets the transaction expire
 * (transactionLifetimeLimitSeconds). */
static void abort_transaction(struct ctx *ctx)
{
	if (circuit_breaker_is_open(ctx->db->breaker))
		mongoc_client_reset(ctx->client);
	else
		mongoc_client_session_abort_transaction(ctx->session, NULL);
}

static void note_commit(const struct ctx *ctx, enum err e, int64_t duration_us)
{
	db_count_operation("commit", duration_us);
	span_note(ctx, &(struct span_end){
			   .type = SPAN_DATABASE,
			   .traceparent = SPAN_ANY,
			   .verb = "commit",
			   .failed = e,
			   .duration_us = duration_us,
		       });
}

static enum err commit_once(struct ctx *ctx)
{
	bson_error_t error;
	bson_t reply;
	struct db_failure failure = {"commit", clock_mono_ms(), &error, &reply};
	enum err e = OK;
	int64_t began_us = clock_mono_us();

	ctx->db_labels = 0;
	if (!mongoc_client_session_commit_transaction(ctx->session, &reply, &error))
		e = db_failure_report(ctx, &failure);
	note_commit(ctx, e, clock_mono_us() - began_us);
	bson_destroy(&reply);
	return e;
}

/* Commits, again and again where the result is unknown: a commit that was done answers OK. */
static enum err commit(struct ctx *ctx)
{
	enum err e = commit_once(ctx);

	for (int tries = 1; e && ctx->db_labels & DB_LABEL_UNKNOWN_COMMIT; tries++) {
		if (!may_go_on(ctx, tries) || !await_server(ctx))
			break;
		e = commit_once(ctx);
	}
	return e;
}

/* In a session of its own for each try: that of an aborted one may have been forgotten. */
static enum err start(struct ctx *ctx)
{
	bson_error_t error;
	struct db_failure failure = {"transaction", clock_mono_ms(), &error, NULL};
	enum err e;

	ctx->db_labels = 0;
	e = db_ready(ctx, failure.operation);
	if (!e)
		e = db_client_pop(ctx);
	if (e)
		return e;
	ctx->session = mongoc_client_start_session(ctx->client, NULL, &error);
	if (ctx->session &&
	    mongoc_client_session_start_transaction(ctx->session, ctx->db->transaction, &error))
		return OK;
	return db_failure_report(ctx, &failure);
}

static enum err run_once(struct ctx *ctx, transaction_body *body, void *arg)
{
	enum err e;

	if (failpoint_is_set("transaction"))
		return body(ctx, arg);
	e = start(ctx);
	if (!e) {
		e = body(ctx, arg);
		if (e)
			abort_transaction(ctx);
		else
			e = commit(ctx);
	}
	mongoc_client_session_destroy(ctx->session);
	ctx->session = NULL;
	return e;
}

static enum err run(struct ctx *ctx, transaction_body *body, void *arg)
{
	enum err e = run_once(ctx, body, arg);

	for (int tries = 1; e && ctx->db_labels & DB_LABEL_TRANSIENT; tries++) {
		if (!may_go_on(ctx, tries) || circuit_breaker_is_open(ctx->db->breaker))
			return ERR_UNAVAILABLE;
		e = run_once(ctx, body, arg);
	}
	return e;
}

/* A failure by which the server says that nothing was done is one to try again after. */
static enum err run_no_more(struct ctx *ctx, transaction_body *body, void *arg)
{
	enum err e = run_once(ctx, body, arg);

	return e && ctx->db_labels & DB_LABEL_TRANSIENT ? ERR_RETRY : e;
}

typedef enum err runner(struct ctx *ctx, transaction_body *body, void *arg);

static enum err run_in_time(struct ctx *ctx, runner *go, transaction_body *body, void *arg)
{
	int64_t deadline = ctx->deadline;
	int64_t latest = clock_mono_ms() + TRANSACTION_MS;
	enum err e;

	if (ctx->session) {
		log_event(LOG_ERROR, ctx, "transaction.nested");
		return ERR_INTERNAL;
	}
	/* The operations of the body see the transaction's deadline as theirs. */
	if (latest < deadline)
		ctx->deadline = latest;
	e = go(ctx, body, arg);
	ctx->deadline = deadline;
	return e;
}

enum err db_transaction(struct ctx *ctx, transaction_body *body, void *arg)
{
	return run_in_time(ctx, run, body, arg);
}

enum err db_transaction_once(struct ctx *ctx, transaction_body *body, void *arg)
{
	return run_in_time(ctx, run_no_more, body, arg);
}
