/* What each state of a checkout asks for, and the job that does it when it is due. */
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
	TELL_AT_ONCE_MS = 300, /* of the client's time */
	TELL_MS = 1000,
	CLAIM_MS = 2000, /* while one process is at it, another isn't */
	REFUSED_MS =
	    60000,         /* until what is refused is tried again: it mustn't hold up the others */
	PUT_OFF_MS = 5000, /* until a product without a place for a tombstone may have one again */
};

/* ---- what each state asks for ---- */

/* Postpones this checkout and all others in its state that need one of these products: one call,
 * not one for each. */
static enum err put_off(struct ctx *ctx, const struct checkout *c, const struct list *full)
{
	struct checkout mine = *c;
	enum err e = checkout_put_off(ctx, &mine, PUT_OFF_MS);

	return e ? e : checkouts_put_off(ctx, (enum checkout_state)c->state, full, PUT_OFF_MS);
}

/* An order that never was: the units go back. A late take is refused where one may come. */
static enum err release(struct ctx *ctx, const struct checkout *c)
{
	int64_t age = clock_now_ms() / 1000 - bson_oid_get_time_t(&c->_id);
	bool late = !c->answered && age <= STOCK_CALL_LATE_MS / 1000;
	struct list full;
	enum err e =
	    stock_give_back(&full, ctx, &c->_id, &c->items,
			    late ? RELEASE_UNANSWERED : RELEASE_ANSWERED, c->abandoned_at.ms);

	if (e == ERR_STOCK_PUT_OFF)
		return put_off(ctx, c, &full);
	return e ? e : checkouts_close(ctx, CHECKOUT_ABANDONED, &c->_id, 1);
}

/* A cancelled order: the units that were sold go back. */
static enum err return_sold(struct ctx *ctx, const struct checkout *c)
{
	struct list full;
	enum err e = stock_give_back(&full, ctx, &c->_id, &c->items, RELEASE_SOLD, 0);

	if (e == ERR_STOCK_PUT_OFF)
		return put_off(ctx, c, &full);
	return e ? e : checkout_set_returned(ctx, c);
}

/* Compare and set: if its call is still under way, it can no longer commit. */
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

struct telling {
	struct group_commit_job job;
	struct delivery_order order;
};

static void tell_all(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	struct delivery_order orders[GROUP_COMMIT_MAX] = {0};
	enum err e;

	for (size_t i = 0; i < n; i++)
		orders[i] = ((struct telling *)(void *)jobs[i])->order;
	e = deliveries_tell(ctx, &(struct list){orders, n}, TELL_AT_ONCE_MS);
	for (size_t i = 0; i < n; i++) {
		jobs[i]->result = e;
		if (jobs[i]->ctx != ctx)
			log_event(LOG_INFO, jobs[i]->ctx,
				  "outbox.dispatched_together with_request_id=%s", ctx->request_id);
	}
}

static struct group_commit telling_all = GROUP_COMMIT(tell_all);

/* Many orders come at the same time, and are told of in one call. */
static enum err tell_at_once(struct ctx *ctx, const struct checkout *c)
{
	struct telling telling = {.job.ctx = ctx, .order = order_of(c)};

	return group_commit(&telling_all, &telling.job);
}

static enum err tell_left_over(struct ctx *ctx, const struct checkout *c)
{
	struct delivery_order order = order_of(c);

	return deliveries_tell(ctx, &(struct list){&order, 1}, TELL_MS);
}

/* The stock is settled whether or not delivery is there: a product can't carry holds without end.
 */
static enum err finish(struct ctx *ctx, const struct checkout *c,
		       enum err (*tell)(struct ctx *ctx, const struct checkout *c))
{
	bool noted = pending_add(PENDING_CONFIRM, &c->_id);
	enum err e = tell(ctx, c);

	/* What doesn't fit is told again, later. */
	if (!e && noted)
		(void)!pending_add(PENDING_CLOSE, &c->_id);
	return e;
}

static enum err finish_left_over(struct ctx *ctx, const struct checkout *c)
{
	return finish(ctx, c, tell_left_over);
}

struct cancelling {
	struct checkout checkout;
	bool first; /* the order wasn't cancelled before */
};

/* In one transaction: the order says that it is cancelled, and its checkout what follows of that.
 * If the order is already cancelled, an earlier checkout returned its stock or will: this one is
 * only closed, so the stock isn't returned twice. */
static enum err note_cancelled(struct ctx *ctx, void *arg)
{
	struct cancelling *c = arg;
	enum err e = order_set_cancelled(ctx, &c->checkout._id);

	c->first = e != ERR_NO_DOCUMENT;
	if (!c->first)
		return checkouts_close(ctx, CHECKOUT_CANCELLING, &c->checkout._id, 1);
	return e ? e : checkout_set_cancelled(ctx, &c->checkout);
}

/* Delivery decides. What it refuses stands, and goes on as any order does. */
static enum err cancel(struct ctx *ctx, const struct checkout *c)
{
	struct cancelling cancelling = {.checkout = *c};
	enum err e = delivery_ask_cancel(ctx, &c->_id, c->user_id, c->by ? c->by : "customer");

	if (e == ERR_NOT_CANCELLABLE)
		(void)!checkout_move(ctx, &c->_id, CHECKOUT_CANCELLING, CHECKOUT_COMMITTED);
	if (!e)
		e = db_transaction(ctx, note_cancelled, &cancelling);
	if (e)
		return e;
	metric_add(&orders_cancelled, 1);
	/* It is cancelled, even if the stock comes later. */
	if (cancelling.first)
		(void)!return_sold(ctx, &cancelling.checkout);
	return OK;
}

/* What was returned is returned for good. */
static enum err forget(struct ctx *ctx, const bson_oid_t *ids, size_t n)
{
	enum err e = stock_forget(ctx, ids, n);

	return e ? e : checkouts_close(ctx, CHECKOUT_RETURNED, ids, n);
}

static enum err forget_one(struct ctx *ctx, const struct checkout *c)
{
	return forget(ctx, &c->_id, 1);
}

static const struct duty {
	const char *step; /* in logs and spans */
	enum err (*run)(struct ctx *ctx, const struct checkout *c);
} duties[CHECKOUT_STATES] = {
    [CHECKOUT_RESERVING] = {"checkout.abandon", abandon},
    [CHECKOUT_ABANDONED] = {"reservation.release", release},
    [CHECKOUT_COMMITTED] = {"outbox.dispatch", finish_left_over},
    [CHECKOUT_CANCELLING] = {"order.cancel", cancel},
    [CHECKOUT_CANCELLED] = {"stock.return", return_sold},
    [CHECKOUT_RETURNED] = {"reservation.forget", forget_one},
};

enum err sweeper_do(struct ctx *ctx, const struct checkout *checkout)
{
	return duties[checkout->state].run(ctx, checkout);
}

void sweeper_give_up(struct ctx *ctx, const struct checkout *checkout)
{
	enum err e = abandon(ctx, checkout);

	/* Else its user would wait for the end of a lease that nobody needs any more. Where it
	 * isn't there, or another has it, there is nothing to do. */
	if (e && e != ERR_NO_DOCUMENT)
		(void)!pending_add(PENDING_ABANDON, &checkout->_id);
}

void sweeper_tell_at_once(struct ctx *ctx, const struct checkout *checkout)
{
	if (finish(ctx, checkout, tell_at_once))
		log_event(LOG_WARNING, ctx, "outbox.dispatch_postponed");
}

/* ---- the job ---- */

/* What follows is done under the ids of the call that put the checkout there. */
static void take_up(struct ctx *ctx, const struct checkout *checkout)
{
	ctx_set_ids(ctx, checkout->request_id, checkout->traceparent);
	log_event(LOG_INFO, ctx, "checkout.resumed step=%s", duties[checkout->state].step);
}

/* It is done, or failed, since take_up(). `link`: together with what; may be NULL. */
static void note_taken_up(const struct ctx *ctx, const struct checkout *checkout, enum err e,
			  int64_t began_us, const char *link)
{
	span_note(ctx, &(struct span_end){
			   .type = SPAN_WORK,
			   .verb = duties[checkout->state].step,
			   .link = link,
			   .failed = err_is_temporary(e) || e == ERR_INTERNAL,
			   .duration_us = clock_mono_us() - began_us,
		       });
}

/* A call for many belongs to the first one's trace: those of the others lead there. */
static void note_others(struct ctx *ctx, const struct list *due, int64_t began_us)
{
	const struct checkout *checkouts = due->items;
	char first[TRACEPARENT_LEN + 1];

	memcpy(first, ctx->traceparent, sizeof first);
	for (size_t i = 1; i < due->n; i++) {
		const struct checkout *c = &checkouts[i];

		ctx_set_ids(ctx, c->request_id, c->traceparent);
		log_event(LOG_INFO, ctx, "checkout.resumed step=%s with_request_id=%s",
			  duties[c->state].step, checkouts->request_id);
		note_taken_up(ctx, c, OK, began_us, first);
	}
}

/* Does one that is due. */
static enum err do_due(struct ctx *ctx, struct checkout *checkout)
{
	enum err e = checkout_claim(ctx, checkout, CLAIM_MS);

	if (!e) {
		int64_t began_us = clock_mono_us();

		take_up(ctx, checkout);
		e = sweeper_do(ctx, checkout);
		note_taken_up(ctx, checkout, e, began_us, NULL);
	}
	if (e == ERR_INTERNAL)
		e = checkout_put_off(ctx, checkout, REFUSED_MS);
	/* Another process was first; or the order can't be cancelled any more. */
	return e == ERR_NO_DOCUMENT || e == ERR_NOT_CANCELLABLE ? OK : e;
}

/* After an outage of delivery there are many: they are told of in one call. Nobody claims them: a
 * second process that tells of them as well does no harm. */
static enum err tell_all_due(struct ctx *ctx, const struct list *due)
{
	const struct checkout *checkouts = due->items;
	struct delivery_order *orders = arena_array(ctx->arena, due->n, sizeof *orders);
	int64_t began_us = clock_mono_us();
	bool noted = true;
	enum err e;

	if (!orders)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < due->n; i++) {
		orders[i] = order_of(&checkouts[i]);
		noted &= pending_add(PENDING_CONFIRM, &checkouts[i]._id);
	}
	take_up(ctx, checkouts);
	e = deliveries_tell(ctx, &(struct list){orders, due->n}, TELL_MS);
	note_taken_up(ctx, checkouts, e, began_us, NULL);
	if (!e)
		note_others(ctx, due, began_us);
	for (size_t i = 0; i < due->n && !e && noted; i++)
		(void)!pending_add(PENDING_CLOSE, &checkouts[i]._id);
	return e;
}

static enum err do_each_due(struct ctx *ctx, const struct list *due)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < due->n && !background_stopping(); i++)
		e = do_due(ctx, (struct checkout *)due->items + i);
	return e;
}

/* RETURNED checkouts are claimed by no process: removing tombstones is idempotent. */
static enum err forget_all_due(struct ctx *ctx, const struct list *due)
{
	const struct checkout *checkouts = due->items;
	bson_oid_t *ids = arena_array(ctx->arena, due->n, sizeof *ids);

	if (!ids)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < due->n; i++)
		ids[i] = checkouts[i]._id;
	return forget(ctx, ids, due->n);
}

/* One that is refused mustn't hold up the others. */
static enum err do_these(struct ctx *ctx, enum checkout_state state, const struct list *due)
{
	enum err e = ERR_INTERNAL;

	if (state == CHECKOUT_COMMITTED && due->n > 1)
		e = tell_all_due(ctx, due);
	if (state == CHECKOUT_RETURNED && due->n > 0)
		e = forget_all_due(ctx, due);
	return e == ERR_INTERNAL ? do_each_due(ctx, due) : e;
}

/* Does some of those that are due in a state; whether there may be more. The first failure ends it
 * for this round: what this state needs is away for all of them. */
static bool do_some_due(struct ctx *ctx, enum checkout_state state)
{
	struct list due = {NULL, 0};
	enum err e = checkouts_due(&due, ctx, state);

	if (!e)
		e = do_these(ctx, state, &due);
	/* Before their time is over and they are told again; for all of them. */
	ctx_set_ids(ctx, NULL, NULL);
	if (due.n)
		pending_run(ctx);
	return !e && due.n == CHECKOUTS_READ;
}

/* The states take turns: however many are due in one of them, the others wait for some of them.
 * What fails is tried again in the next round; the failing function has logged it. */
void sweeper_run(struct ctx *ctx)
{
	bool more[CHECKOUT_STATES], any = true;

	memset(more, true, sizeof more);
	pending_run(ctx);
	while (any && !background_stopping()) {
		any = false;
		for (enum checkout_state state = 0; state < CHECKOUT_STATES; state++) {
			if (more[state])
				more[state] = do_some_due(ctx, state);
			any |= more[state];
		}
	}
}
