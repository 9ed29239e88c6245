/* Transactions with retries. The driver's own loop retries for up to 120 s; this one for 2 s. */
#include <sodium.h>

#include "clock.h"
#include "db.h"
#include "db_metrics.h"
#include "db_private.h"
#include "failpoint.h"
#include "log.h"
#include "span.h"

enum {
	ATTEMPTS = 5,
	TRANSACTION_MS = 2000, /* all attempts, with their commits and pauses */
	BACKOFF_MS = 8,        /* the longest first pause; doubles with each attempt */
	POLL_MS = 20,          /* between two reads of the circuit breaker's state */
};

typedef enum err transaction_body(struct ctx *ctx, void *arg);

/* Pauses before another attempt, with jitter; false if no attempt or too little time is left. */
static bool backoff(const struct ctx *ctx, int attempts)
{
	int64_t pause = 1 + randombytes_uniform((uint32_t)BACKOFF_MS << attempts);

	if (attempts >= ATTEMPTS || pause >= db_time_left(ctx))
		return false;
	metric_add(&db_transaction_retries, 1);
	clock_sleep_ms(pause);
	return true;
}

static enum err commit_once(struct ctx *ctx)
{
	bson_error_t error;
	bson_t reply;
	struct db_failure failure = {"commit", clock_mono_ms(), &error, &reply};
	enum err e = OK;
	int64_t duration_us, began_us = clock_mono_us();

	ctx->db_labels = 0;
	if (!mongoc_client_session_commit_transaction(ctx->session, &reply, &error))
		e = db_failure_report(ctx, &failure);
	duration_us = clock_mono_us() - began_us;
	db_count_operation("commit", duration_us);
	span_note(ctx, &(struct span_end){
			   .type = SPAN_DATABASE,
			   .traceparent = SPAN_ANY,
			   .verb = "commit",
			   .failed = e,
			   .duration_us = duration_us,
		       });
	bson_destroy(&reply);
	return e;
}

/* Commits, and retries while the result is unknown: a commit that was applied returns OK again. If
 * the server is unavailable, it waits for it until the deadline. */
static enum err commit(struct ctx *ctx)
{
	enum err e = commit_once(ctx);

	for (int attempts = 1; e && ctx->db_labels & DB_LABEL_UNKNOWN_COMMIT; attempts++) {
		if (!backoff(ctx, attempts))
			break;
		while (circuit_breaker_is_open(ctx->db->breaker) && db_time_left(ctx))
			clock_sleep_ms(POLL_MS);
		if (!db_time_left(ctx))
			break;
		e = commit_once(ctx);
	}
	return e;
}

static enum err run_once(struct ctx *ctx, transaction_body *body, void *arg)
{
	bson_error_t error;
	struct db_failure failure = {"transaction", clock_mono_ms(), &error, NULL};
	enum err e;

	if (failpoint_is_set("transaction"))
		return body(ctx, arg);
	ctx->db_labels = 0;
	e = db_client_pop(ctx, failure.operation);
	if (e)
		return e;
	/* Each attempt has its own session, because an abort may have discarded the last one. */
	ctx->session = mongoc_client_start_session(ctx->client, NULL, &error);
	if (!ctx->session ||
	    !mongoc_client_session_start_transaction(ctx->session, ctx->db->transaction, &error)) {
		e = db_failure_report(ctx, &failure);
	} else {
		e = body(ctx, arg);
		/* While the circuit is open no answer is expected, and the driver would wait for
		 * one twice. A reset discards the session instead, and the server aborts the
		 * transaction when it expires (transactionLifetimeLimitSeconds). */
		if (!e)
			e = commit(ctx);
		else if (circuit_breaker_is_open(ctx->db->breaker))
			mongoc_client_reset(ctx->client);
		else
			mongoc_client_session_abort_transaction(ctx->session, NULL);
	}
	mongoc_client_session_destroy(ctx->session);
	ctx->session = NULL;
	return e;
}

/* A transient error after the last attempt is `exhausted`. */
static enum err run(struct ctx *ctx, int attempts_max, enum err exhausted, transaction_body *body,
		    void *arg)
{
	int64_t deadline = ctx->deadline;
	int64_t latest = clock_mono_ms() + TRANSACTION_MS;
	enum err e;

	if (ctx->session) {
		log_event(LOG_ERROR, ctx, "transaction.nested");
		return ERR_INTERNAL;
	}
	/* The deadline of the transaction applies to the operations of the body, too. */
	if (latest < deadline)
		ctx->deadline = latest;
	e = run_once(ctx, body, arg);
	for (int attempts = 1; e && ctx->db_labels & DB_LABEL_TRANSIENT; attempts++) {
		if (attempts >= attempts_max || !backoff(ctx, attempts) ||
		    circuit_breaker_is_open(ctx->db->breaker)) {
			e = exhausted;
			break;
		}
		e = run_once(ctx, body, arg);
	}
	ctx->deadline = deadline;
	return e;
}

enum err db_transaction(struct ctx *ctx, transaction_body *body, void *arg)
{
	return run(ctx, ATTEMPTS, ERR_UNAVAILABLE, body, arg);
}

enum err db_transaction_once(struct ctx *ctx, transaction_body *body, void *arg)
{
	return run(ctx, 1, ERR_RETRY, body, arg);
}
