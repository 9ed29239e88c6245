/* The action of each state of a checkout, and the job that runs it once the deadline has passed. */
#include "sweeper_job.h"

#include <string.h>

#include "background.h"
#include "clock.h"
#include "db.h"
#include "delivery_client.h"
#include "group_commit.h"
#include "log.h"
#include "order_metrics.h"
#include "order_store.h"
#include "pending_job.h"
#include "span.h"
#include "stock_client.h"

enum {
	DISPATCH_NOW_MS = 300, /* while the client waits */
	DISPATCH_MS = 1000,
	CLAIM_MS = 2000,    /* lease of a claim: one process at a time works on a checkout */
	REFUSED_MS = 60000, /* until a refused call is retried; it must not delay the others */
	POSTPONE_MS =
	    5000, /* until a release is retried whose product had no room for a tombstone */
};

/* ---- actions ---- */

/* Postpones this checkout and all expired ones in its state that have one of these products, so
 * that they cost one call together. */
static enum err postpone(struct ctx *ctx, const struct checkout *c, const struct list *full)
{
	struct checkout mine = *c;
	enum err e = checkout_postpone(ctx, &mine, POSTPONE_MS);

	return e ? e : checkouts_postpone(ctx, (enum checkout_state)c->state, full, POSTPONE_MS);
}

/* Releases the reservation of an abandoned order, with a tombstone where its reserve call may
 * arrive late. */
static enum err release(struct ctx *ctx, const struct checkout *c)
{
	int64_t age = clock_now_ms() / 1000 - bson_oid_get_time_t(&c->_id);
	bool late = !c->answered && age <= STOCK_CALL_LATE_MS / 1000;
	struct list full;
	enum err e =
	    stock_release(&full, ctx, &c->_id, &c->items,
			  late ? RELEASE_UNANSWERED : RELEASE_ANSWERED, c->abandoned_at.ms);

	if (e == ERR_STOCK_RELEASE_POSTPONED)
		return postpone(ctx, c, &full);
	return e ? e : checkouts_close(ctx, CHECKOUT_ABANDONED, &c->_id, 1);
}

/* Returns the units of a cancelled order. */
static enum err return_sold(struct ctx *ctx, const struct checkout *c)
{
	struct list full;
	enum err e = stock_release(&full, ctx, &c->_id, &c->items, RELEASE_SOLD, 0);

	if (e == ERR_STOCK_RELEASE_POSTPONED)
		return postpone(ctx, c, &full);
	return e ? e : checkout_set_returned(ctx, c);
}

/* A compare-and-set: from here on, the call that created the checkout can't commit the order. */
static enum err abandon(struct ctx *ctx, const struct checkout *c)
{
	struct checkout abandoned = *c;
	enum err e = checkout_abandon(ctx, &abandoned);

	return e ? e : release(ctx, &abandoned);
}

static struct delivery_order order_of(const struct checkout *c)
{
	return (struct delivery_order){c->_id, c->user_id, c->request_id, c->traceparent};
}

struct dispatch {
	struct group_commit_job job;
	struct delivery_order order;
};

static void run_dispatches(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	struct delivery_order orders[GROUP_COMMIT_MAX] = {0};
	enum err e;

	for (size_t i = 0; i < n; i++)
		orders[i] = ((struct dispatch *)(void *)jobs[i])->order;
	e = deliveries_dispatch(ctx, &(struct list){orders, n}, DISPATCH_NOW_MS);
	for (size_t i = 0; i < n; i++) {
		jobs[i]->result = e;
		if (jobs[i]->ctx != ctx)
			log_event(LOG_INFO, jobs[i]->ctx,
				  "outbox.dispatched_together with_request_id=%s", ctx->request_id);
	}
}

static struct group_commit dispatches = GROUP_COMMIT(run_dispatches);

/* Concurrent orders share one call. */
static enum err dispatch_now(struct ctx *ctx, const struct checkout *c)
{
	struct dispatch dispatch = {.job.ctx = ctx, .order = order_of(c)};

	return group_commit(&dispatches, &dispatch.job);
}

static enum err dispatch_expired(struct ctx *ctx, const struct checkout *c)
{
	struct delivery_order order = order_of(c);

	return deliveries_dispatch(ctx, &(struct list){&order, 1}, DISPATCH_MS);
}

/* The reservation is confirmed even while delivery is unavailable: otherwise the products'
 * documents would grow during an outage. */
static enum err confirm_and_dispatch(struct ctx *ctx, const struct checkout *c,
				     enum err (*dispatch_order)(struct ctx *ctx,
								const struct checkout *c))
{
	bool queued = pending_add(PENDING_CONFIRM, &c->_id);
	enum err e = dispatch_order(ctx, c);

	/* An order that doesn't fit into the list stays COMMITTED, and is dispatched again. */
	if (!e && queued)
		(void)!pending_add(PENDING_CLOSE, &c->_id);
	return e;
}

static enum err resume_committed(struct ctx *ctx, const struct checkout *c)
{
	return confirm_and_dispatch(ctx, c, dispatch_expired);
}

struct cancelling {
	struct checkout checkout;
	bool first; /* this call cancelled the order */
};

/* One transaction marks the order as cancelled and moves its checkout to CANCELLED. If the order is
 * cancelled already, an earlier checkout returned its stock or will: this one is closed, so that
 * the stock isn't returned twice. */
static enum err store_cancelled(struct ctx *ctx, void *arg)
{
	struct cancelling *c = arg;
	enum err e = order_set_cancelled(ctx, &c->checkout._id);

	c->first = e != ERR_NO_DOCUMENT;
	if (!c->first)
		return checkouts_close(ctx, CHECKOUT_CANCELLING, &c->checkout._id, 1);
	return e ? e : checkout_set_cancelled(ctx, &c->checkout);
}

/* The delivery service decides. If it refuses, the order stays, and is COMMITTED again. */
static enum err cancel(struct ctx *ctx, const struct checkout *c)
{
	struct cancelling cancelling = {.checkout = *c};
	enum err e = deliveries_cancel(ctx, &c->_id, c->user_id, c->by ? c->by : "customer");

	if (e == ERR_NOT_CANCELLABLE)
		(void)!checkout_move(ctx, &c->_id, CHECKOUT_CANCELLING, CHECKOUT_COMMITTED);
	if (!e)
		e = db_transaction(ctx, store_cancelled, &cancelling);
	if (e)
		return e;
	metric_add(&orders_cancelled, 1);
	/* A failed return is retried by the job; the order is cancelled. */
	if (cancelling.first)
		(void)!return_sold(ctx, &cancelling.checkout);
	return OK;
}

/* Removes the tombstones of returned orders. */
static enum err forget(struct ctx *ctx, const bson_oid_t *ids, size_t n)
{
	enum err e = stock_forget(ctx, ids, n);

	return e ? e : checkouts_close(ctx, CHECKOUT_RETURNED, ids, n);
}

static enum err forget_one(struct ctx *ctx, const struct checkout *c)
{
	return forget(ctx, &c->_id, 1);
}

static const struct resumption {
	const char *step; /* in logs and spans */
	enum err (*run)(struct ctx *ctx, const struct checkout *c);
} resumptions[CHECKOUT_STATES] = {
    [CHECKOUT_RESERVING] = {"checkout.abandon", abandon},
    [CHECKOUT_ABANDONED] = {"reservation.release", release},
    [CHECKOUT_COMMITTED] = {"outbox.dispatch", resume_committed},
    [CHECKOUT_CANCELLING] = {"order.cancel", cancel},
    [CHECKOUT_CANCELLED] = {"stock.return", return_sold},
    [CHECKOUT_RETURNED] = {"reservation.forget", forget_one},
};

enum err sweeper_resume(struct ctx *ctx, const struct checkout *checkout)
{
	return resumptions[checkout->state].run(ctx, checkout);
}

void sweeper_abandon(struct ctx *ctx, const struct checkout *checkout)
{
	enum err e = abandon(ctx, checkout);

	/* Otherwise the user's next order would wait for the end of the lease. ERR_NO_DOCUMENT: the
	 * checkout doesn't exist, or another process has claimed it. */
	if (e && e != ERR_NO_DOCUMENT)
		(void)!pending_add(PENDING_ABANDON, &checkout->_id);
}

void sweeper_dispatch(struct ctx *ctx, const struct checkout *checkout)
{
	if (confirm_and_dispatch(ctx, checkout, dispatch_now))
		log_event(LOG_WARNING, ctx, "outbox.dispatch_postponed");
}

/* ---- the job ---- */

/* Continues under the ids of the call that put the checkout into its state. */
static void begin_resume(struct ctx *ctx, const struct checkout *checkout)
{
	ctx_set_ids(ctx, checkout->request_id, checkout->traceparent);
	log_event(LOG_INFO, ctx, "checkout.resumed step=%s", resumptions[checkout->state].step);
}

/* Records the span of a resumed checkout. `link`: the traceparent of the call that it shared, or
 * NULL. */
static void note_resumed(const struct ctx *ctx, const struct checkout *checkout, enum err e,
			 int64_t began_us, const char *link)
{
	span_note(ctx, &(struct span_end){
			   .type = SPAN_WORK,
			   .verb = resumptions[checkout->state].step,
			   .link = link,
			   .failed = err_is_temporary(e) || e == ERR_INTERNAL,
			   .duration_us = clock_mono_us() - began_us,
		       });
}

/* A shared call belongs to the trace of the first checkout: the spans of the others link to it. */
static void note_others(struct ctx *ctx, const struct list *expired, int64_t began_us)
{
	const struct checkout *checkouts = expired->items;
	char first[TRACEPARENT_LEN + 1];

	memcpy(first, ctx->traceparent, sizeof first);
	for (size_t i = 1; i < expired->n; i++) {
		const struct checkout *c = &checkouts[i];

		ctx_set_ids(ctx, c->request_id, c->traceparent);
		log_event(LOG_INFO, ctx, "checkout.resumed step=%s with_request_id=%s",
			  resumptions[c->state].step, checkouts->request_id);
		note_resumed(ctx, c, OK, began_us, first);
	}
}

/* Claims and resumes one expired checkout. */
static enum err resume_one(struct ctx *ctx, struct checkout *checkout)
{
	enum err e = checkout_claim(ctx, checkout, CLAIM_MS);

	if (!e) {
		int64_t began_us = clock_mono_us();

		begin_resume(ctx, checkout);
		e = sweeper_resume(ctx, checkout);
		note_resumed(ctx, checkout, e, began_us, NULL);
	}
	if (e == ERR_INTERNAL)
		e = checkout_postpone(ctx, checkout, REFUSED_MS);
	/* Another process has claimed it, or the order can't be cancelled any more. */
	return e == ERR_NO_DOCUMENT || e == ERR_NOT_CANCELLABLE ? OK : e;
}

/* Dispatches all expired orders in one call: after an outage of delivery there are many. They are
 * not claimed, because the call is idempotent. */
static enum err dispatch_all(struct ctx *ctx, const struct list *expired)
{
	const struct checkout *checkouts = expired->items;
	struct delivery_order *orders = arena_array(ctx->arena, expired->n, sizeof *orders);
	int64_t began_us = clock_mono_us();
	bool queued = true;
	enum err e;

	if (!orders)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < expired->n; i++) {
		orders[i] = order_of(&checkouts[i]);
		queued &= pending_add(PENDING_CONFIRM, &checkouts[i]._id);
	}
	begin_resume(ctx, checkouts);
	e = deliveries_dispatch(ctx, &(struct list){orders, expired->n}, DISPATCH_MS);
	note_resumed(ctx, checkouts, e, began_us, NULL);
	if (!e)
		note_others(ctx, expired, began_us);
	for (size_t i = 0; i < expired->n && !e && queued; i++)
		(void)!pending_add(PENDING_CLOSE, &checkouts[i]._id);
	return e;
}

/* The checkouts are not claimed, because removing tombstones is idempotent. */
static enum err forget_all(struct ctx *ctx, const struct list *expired)
{
	const struct checkout *checkouts = expired->items;
	bson_oid_t *ids = arena_array(ctx->arena, expired->n, sizeof *ids);

	if (!ids)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < expired->n; i++)
		ids[i] = checkouts[i]._id;
	return forget(ctx, ids, expired->n);
}

/* A shared call that is refused is repeated for each checkout, so that one doesn't delay the
 * others. */
static enum err resume_all(struct ctx *ctx, enum checkout_state state, const struct list *expired)
{
	enum err e = ERR_INTERNAL;

	if (state == CHECKOUT_COMMITTED && expired->n > 1)
		e = dispatch_all(ctx, expired);
	if (state == CHECKOUT_RETURNED && expired->n > 0)
		e = forget_all(ctx, expired);
	if (e != ERR_INTERNAL)
		return e;
	e = OK;
	for (size_t i = 0; !e && i < expired->n && !background_stopping(); i++)
		e = resume_one(ctx, (struct checkout *)expired->items + i);
	return e;
}

/* Resumes up to CHECKOUTS_READ expired checkouts in a state; returns whether there may be more. The
 * first failure ends the state's round, since all its checkouts need the same service. */
static bool resume_some(struct ctx *ctx, enum checkout_state state)
{
	struct list expired = {NULL, 0};
	enum err e = checkouts_find_expired(&expired, ctx, state);

	if (!e)
		e = resume_all(ctx, state, &expired);
	/* Before the leases end and the orders are dispatched again. The ids are those of the job.
	 */
	ctx_set_ids(ctx, NULL, NULL);
	if (expired.n)
		pending_run(ctx);
	return !e && expired.n == CHECKOUTS_READ;
}

/* The states take turns, so that many expired checkouts in one state don't delay the others. A
 * failed checkout is retried in the next round; the function that failed has logged the error. */
void sweeper_run(struct ctx *ctx)
{
	bool more[CHECKOUT_STATES], any = true;

	memset(more, true, sizeof more);
	pending_run(ctx);
	while (any && !background_stopping()) {
		any = false;
		for (enum checkout_state state = 0; state < CHECKOUT_STATES; state++) {
			if (more[state])
				more[state] = resume_some(ctx, state);
			any |= more[state];
		}
	}
}
