#include "sweeper.h"

#include <string.h>

#include "background.h"
#include "batches.h"
#include "clock.h"
#include "combine.h"
#include "db.h"
#include "delivery_client.h"
#include "log.h"
#include "order_metrics.h"
#include "order_store.h"
#include "span.h"
#include "stock_client.h"

enum {
	TELL_AT_ONCE_MS = 300, /* of the client's time */
	TELL_MS = 1000,
	CLAIM_MS = 2000, /* while one process is at it, another isn't */
	REFUSED_MS =
	    60000, /* until what is refused is tried again: it mustn't hold up the others */
};

/* ---- what each state asks for ---- */

static enum err give_back(struct ctx *ctx, const struct checkout *c)
{
	enum err e = stock_give_back(ctx, &c->_id, &c->items, c->state == CHECKOUT_CANCELLED);

	return e ? e : checkouts_close(ctx, (enum checkout_state)c->state, &c->_id, 1);
}

/* Compare and set: if its call is still under way, it can no longer commit. */
static enum err abandon(struct ctx *ctx, const struct checkout *c)
{
	struct checkout abandoned = *c;
	enum err e = checkout_move(ctx, &c->_id, CHECKOUT_RESERVING, CHECKOUT_ABANDONED);

	if (e)
		return e;
	abandoned.state = CHECKOUT_ABANDONED;
	return give_back(ctx, &abandoned);
}

static struct delivery_order order_of(const struct checkout *c)
{
	return (struct delivery_order){c->_id, c->user_id, c->request_id, c->traceparent};
}

struct telling {
	struct combine_job job;
	struct delivery_order order;
};

static void tell_all(struct ctx *ctx, struct combine_job **jobs, size_t n)
{
	struct delivery_order orders[COMBINE_MAX] = {0};
	enum err e;

	for (size_t i = 0; i < n; i++)
		orders[i] = ((struct telling *)(void *)jobs[i])->order;
	e = deliveries_tell(ctx, &(struct list){orders, n}, TELL_AT_ONCE_MS);
	for (size_t i = 0; i < n; i++) {
		jobs[i]->result = e;
		if (jobs[i]->ctx != ctx)
			log_event(LOG_INFO, jobs[i]->ctx,
				  "delivery is told together with request %s", ctx->request_id);
	}
}

static struct combiner telling_all = COMBINER(tell_all);

/* Many orders come at the same time, and are told of in one call. */
static enum err tell_at_once(struct ctx *ctx, const struct checkout *c)
{
	struct telling telling = {.job.ctx = ctx, .order = order_of(c)};

	return combine(&telling_all, &telling.job);
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
	bool noted = batch_note(BATCH_SETTLE, &c->_id);
	enum err e = tell(ctx, c);

	/* What doesn't fit is told again, later. */
	if (!e && noted)
		(void)!batch_note(BATCH_CLOSE, &c->_id);
	return e;
}

static enum err finish_left_over(struct ctx *ctx, const struct checkout *c)
{
	return finish(ctx, c, tell_left_over);
}

/* In one transaction: the order says that it is cancelled, and its checkout what follows of that.
 * Either is found done where another process was first. */
static enum err note_cancelled(struct ctx *ctx, void *arg)
{
	const struct checkout *c = arg;
	enum err e = order_set_cancelled(ctx, &c->_id);
	bool was_cancelled = e == ERR_NO_DOCUMENT;

	if (e && !was_cancelled)
		return e;
	e = checkout_move(ctx, &c->_id, CHECKOUT_CANCELLING, CHECKOUT_CANCELLED);
	return e == ERR_NO_DOCUMENT && was_cancelled ? OK : e;
}

/* Delivery decides. What it refuses stands, and goes on as any order does. */
static enum err cancel(struct ctx *ctx, const struct checkout *c)
{
	struct checkout cancelled = *c;
	enum err e = delivery_ask_cancel(ctx, &c->_id, c->user_id, c->by ? c->by : "customer");

	if (e == ERR_NOT_CANCELLABLE)
		(void)!checkout_move(ctx, &c->_id, CHECKOUT_CANCELLING, CHECKOUT_COMMITTED);
	if (!e)
		e = db_transaction(ctx, note_cancelled, &cancelled);
	if (e)
		return e;
	metric_add(&orders_cancelled, 1);
	cancelled.state = CHECKOUT_CANCELLED;
	(void)!give_back(ctx, &cancelled); /* it is cancelled, even if the stock comes later */
	return OK;
}

static const struct duty {
	const char *what; /* in the log */
	enum err (*run)(struct ctx *ctx, const struct checkout *c);
} duties[CHECKOUT_STATES] = {
    [CHECKOUT_RESERVING] = {"an order that was never finished is given up", abandon},
    [CHECKOUT_ABANDONED] = {"stock of an order that never was goes back", give_back},
    [CHECKOUT_COMMITTED] = {"delivery is told", finish_left_over},
    [CHECKOUT_CANCELLING] = {"delivery is asked to cancel", cancel},
    [CHECKOUT_CANCELLED] = {"stock of a cancelled order goes back", give_back},
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
		(void)!batch_note(BATCH_GIVE_UP, &checkout->_id);
}

void sweeper_tell_at_once(struct ctx *ctx, const struct checkout *checkout)
{
	if (finish(ctx, checkout, tell_at_once))
		log_event(LOG_WARNING, ctx, "delivery isn't told yet: left to the sweeper");
}

/* ---- the job ---- */

/* What follows is done under the ids of the call that put the checkout there. */
static void take_up(struct ctx *ctx, const struct checkout *checkout)
{
	ctx_set_ids(ctx, checkout->request_id, checkout->traceparent);
	log_event(LOG_INFO, ctx, "left over: %s", duties[checkout->state].what);
}

/* It is done, or failed, since take_up(). `link`: together with what; may be NULL. */
static void note_taken_up(const struct ctx *ctx, const struct checkout *checkout, enum err e,
			  int64_t began_us, const char *link)
{
	span_note(ctx, &(struct span_end){
			   .type = SPAN_WORK,
			   .verb = duties[checkout->state].what,
			   .link = link,
			   .failed = e == ERR_UNAVAILABLE || e == ERR_INTERNAL,
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
		log_event(LOG_INFO, ctx, "left over: %s, together with request %s",
			  duties[c->state].what, checkouts->request_id);
		note_taken_up(ctx, c, OK, began_us, first);
	}
}

/* Does one that is due. */
static enum err do_due(struct ctx *ctx, struct checkout *checkout)
{
	enum err e = checkout_put_off(ctx, checkout, CLAIM_MS);

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
		return ERR_UNAVAILABLE;
	for (size_t i = 0; i < due->n; i++) {
		orders[i] = order_of(&checkouts[i]);
		noted &= batch_note(BATCH_SETTLE, &checkouts[i]._id);
	}
	take_up(ctx, checkouts);
	e = deliveries_tell(ctx, &(struct list){orders, due->n}, TELL_MS);
	note_taken_up(ctx, checkouts, e, began_us, NULL);
	if (!e)
		note_others(ctx, due, began_us);
	for (size_t i = 0; i < due->n && !e && noted; i++)
		(void)!batch_note(BATCH_CLOSE, &checkouts[i]._id);
	return e;
}

static enum err do_each_due(struct ctx *ctx, const struct list *due)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < due->n && !background_stopping(); i++)
		e = do_due(ctx, (struct checkout *)due->items + i);
	return e;
}

/* One that delivery refuses mustn't hold up the others. */
static enum err do_these(struct ctx *ctx, enum checkout_state state, const struct list *due)
{
	enum err e = ERR_INTERNAL;

	if (state == CHECKOUT_COMMITTED && due->n > 1)
		e = tell_all_due(ctx, due);
	return e == ERR_INTERNAL ? do_each_due(ctx, due) : e;
}

/* The first failure ends it: what this state needs is away for all of them. */
static enum err do_all_due(struct ctx *ctx, enum checkout_state state)
{
	struct list due = {NULL, CHECKOUTS_READ};
	enum err e = OK;

	while (!e && due.n == CHECKOUTS_READ && !background_stopping()) {
		e = checkouts_due(&due, ctx, state);
		if (!e)
			e = do_these(ctx, state, &due);
		/* Before their time is over and they are told again; for all of them. */
		ctx_set_ids(ctx, NULL, NULL);
		if (state == CHECKOUT_COMMITTED)
			batches_run(ctx);
	}
	return e;
}

void sweeper_run(struct ctx *ctx)
{
	batches_run(ctx);
	/* What fails is tried again in the next round; whoever it failed at has logged it. */
	for (enum checkout_state state = 0; state < CHECKOUT_STATES; state++)
		(void)!do_all_due(ctx, state);
}
