/* The saga that creates an order: its steps, their compensations, and when it starts over. */
#include "order_saga.h"

#include "cart_store.h"
#include "clock.h"
#include "id.h"
#include "log.h"
#include "order_commit_store.h"
#include "order_limits.h"
#include "order_metrics.h"
#include "order_store.h"
#include "pricing.h"
#include "product_replica.h"
#include "stock_client.h"
#include "sweeper_job.h"
#include "waiting.h"

enum {
	PRICES_AGE_MS = 250,  /* maximum age of prices by which an order is refused */
	CART_CHANGES_MAX = 2, /* runs during which the cart changed */
};

/* One run. */
struct saga {
	struct ctx *ctx;
	const struct order_request *request;
	struct order_result *result;
	struct list lines;    /* of the cart, as read: struct cart_line */
	struct list reserved; /* of these lines: struct reserved_product */
	struct checkout checkout;
	struct order order;
};

/* ---- the steps ---- */

static enum err read_cart(struct saga *saga)
{
	struct stock_line *items;
	enum err e = cart_lines(&saga->lines, saga->ctx, saga->request->user_id);

	if (e)
		return e;
	if (!saga->lines.n)
		return ERR_CART_EMPTY;
	if (saga->lines.n > CART_LINES_MAX)
		return ERR_CART_FULL;
	items = arena_array(saga->ctx->arena, saga->lines.n, sizeof *items);
	if (!items)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < saga->lines.n; i++) {
		const struct cart_line *line = (const struct cart_line *)saga->lines.items + i;

		items[i] = (struct stock_line){line->product_id, line->quantity};
	}
	saga->checkout = (struct checkout){
	    .user_id = saga->request->user_id,
	    .items = {items, saga->lines.n},
	};
	id_new(&saga->checkout._id);
	return saga->request->is_limited ? check_pieces(&saga->checkout.items) : OK;
}

/* Compares the total by the prices of the replica. OK also where the replica doesn't have all of
 * them: then the prices of the reservation decide. */
static enum err compare_total(struct saga *saga)
{
	struct reserved_product *known =
	    arena_array(saga->ctx->arena, saga->lines.n, sizeof *known);
	struct snapshot *products;
	struct order order = {0};

	if (!known)
		return ERR_NO_MEMORY;
	if (products_ref(&products, saga->ctx))
		return OK;
	for (size_t i = 0; i < saga->lines.n; i++) {
		const struct cart_line *line = (const struct cart_line *)saga->lines.items + i;
		const struct product *p = products_find(products, &line->product_id);

		if (!p)
			return OK;
		known[i] = (struct reserved_product){line->product_id, p->facts};
	}
	if (order_price(&order, saga->ctx->arena, &saga->lines,
			&(struct list){known, saga->lines.n}))
		return OK;
	saga->result->total = order.total;
	return order.total.paise == saga->request->expected_total.paise ? OK : ERR_TOTAL_CHANGED;
}

/* Refuses an unexpected total before anything is written. Refreshes the replica first, because the
 * client may have a newer price. If another call of the user has a checkout open, its outcome
 * decides. */
static enum err check_total(struct saga *saga)
{
	enum err e;
	bool open;

	if (saga->request->expected_total.paise == MONEY_NONE.paise)
		return OK;
	e = compare_total(saga);
	if (e != ERR_TOTAL_CHANGED)
		return e;
	e = products_renew(saga->ctx, PRICES_AGE_MS);
	if (!e)
		e = compare_total(saga);
	if (e != ERR_TOTAL_CHANGED)
		return e;
	e = checkout_is_open(&open, saga->ctx, saga->request->user_id);
	if (e)
		return e;
	return open ? ERR_DUPLICATE : ERR_TOTAL_CHANGED;
}

static enum err open_checkout(struct saga *saga)
{
	enum err e = checkout_open(saga->ctx, &saga->checkout);

	saga->checkout.answered = true; /* no stock call was sent */
	return e;
}

/* Runs while the checkout is open, so that no other order of the user is created meanwhile. */
static enum err check_hour(struct saga *saga)
{
	if (!saga->request->is_limited)
		return OK;
	return check_orders_of_hour(&saga->result->wait_ms, saga->ctx, saga->request->user_id);
}

static enum err reserve_stock(struct saga *saga)
{
	enum err e;

	saga->checkout.answered = false;
	e = stock_reserve(&saga->reserved, &saga->result->refused, saga->ctx, &saga->checkout._id,
			  &saga->checkout.items);
	saga->checkout.answered = !e || e == ERR_OUT_OF_STOCK;
	return e;
}

/* ---- the answer ---- */

struct created_out {
	const char *message;
	bson_oid_t order_id;
	struct money total;
};

static const char *const created_messages[] = {"Order created", NULL};

static const struct field created_fields[] = {
    {FIELD(struct created_out, message), .values = created_messages},
    {FIELD(struct created_out, order_id)},
    {FIELD(struct created_out, total)},
};
const struct shape order_created_out =
    NAMED_SHAPE("CreatedOrder", struct created_out, created_fields);

static enum err price(struct saga *saga)
{
	int64_t expected = saga->request->expected_total.paise;
	enum err e;

	saga->order = (struct order){
	    ._id = saga->checkout._id,
	    .user_id = saga->request->user_id,
	    .created_at.ms = clock_now_ms(),
	};
	e = order_price(&saga->order, saga->ctx->arena, &saga->lines, &saga->reserved);
	if (e)
		return e;
	saga->result->total = saga->order.total;
	if (expected != MONEY_NONE.paise && expected != saga->order.total.paise)
		return ERR_TOTAL_CHANGED;
	saga->result->answer = shape_to_text(saga->ctx->arena, &order_created_out,
					     &(struct created_out){"Order created", saga->order._id,
								   saga->order.total});
	return saga->result->answer ? OK : ERR_NO_MEMORY;
}

static enum err commit(struct saga *saga)
{
	const struct order_commit write = {&saga->order, &saga->lines, &saga->request->key,
					   saga->result->answer};
	enum err e = order_commit(saga->ctx, &write);
	char id[25];

	if (e == ERR_NO_DOCUMENT) {
		log_event(LOG_WARNING, saga->ctx, "checkout.abandoned");
		return ERR_UNAVAILABLE;
	}
	if (e)
		return e;
	/* Relates the order's id to the request that created it. */
	bson_oid_to_string(&saga->order._id, id);
	log_event(LOG_INFO, saga->ctx, "order.created order_id=%s", id);
	return OK;
}

/* ---- the saga ---- */

/* Abandons the checkout. The stock is released at once, so that the next run finds it. */
static void abandon(struct saga *saga)
{
	sweeper_abandon(saga->ctx, &saga->checkout);
}

/* Compensation where no stock is reserved. */
static void close_checkout(struct saga *saga)
{
	if (checkouts_close(saga->ctx, CHECKOUT_RESERVING, &saga->checkout._id, 1))
		abandon(saga);
}

static const struct step {
	enum err (*run)(struct saga *saga);
	void (*compensate)(
	    struct saga *saga); /* after an error: the step may have taken effect or not */
	enum err refusal;       /* an error after which the step certainly had no effect */
	void (*compensate_refused)(struct saga *saga); /* after the refusal; NULL: nothing to do */
} steps[] = {
    {.run = read_cart},
    {.run = check_total},
    {.run = open_checkout, .compensate = abandon, .refusal = ERR_DUPLICATE},
    {.run = check_hour, .compensate = close_checkout},
    {.run = reserve_stock,
     .compensate = abandon,
     .refusal = ERR_OUT_OF_STOCK,
     .compensate_refused = close_checkout},
    {.run = price, .compensate = abandon},
    {.run = commit, .compensate = abandon},
};

static enum err run_steps(struct saga *saga)
{
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		const struct step *step = &steps[i];
		enum err e = step->run(saga);
		void (*compensate)(struct saga *) = step->compensate;

		if (!e)
			continue;
		if (e == step->refusal)
			compensate = step->compensate_refused;
		if (compensate)
			compensate(saga);
		return e;
	}
	order_count(OK);
	sweeper_dispatch(saga->ctx, &saga->checkout);
	return OK;
}

/* ---- refusals ---- */

/* Another call of the user may have committed since the cart was read. With the same key, its
 * answer replaces the refusal. Otherwise, if the cart changed, the saga starts over. */
static enum err recheck_refusal(struct saga *saga, enum err refusal)
{
	const struct cart_line *was, *is;
	struct list lines;
	enum err e = key_answer(&saga->result->answer, saga->ctx, &saga->request->key);

	if (e != ERR_NO_DOCUMENT)
		return e;
	e = cart_lines(&lines, saga->ctx, saga->request->user_id);
	if (e)
		return e;
	if (lines.n != saga->lines.n)
		return ERR_RETRY;
	was = saga->lines.items;
	is = lines.items;
	for (size_t i = 0; i < lines.n; i++) {
		if (!bson_oid_equal(&was[i]._id, &is[i]._id) || was[i].quantity != is[i].quantity)
			return ERR_RETRY;
	}
	return refusal;
}

static bool is_refusal(enum err e)
{
	static const enum err refusals[] = {ERR_CART_EMPTY,      ERR_CART_FULL,
					    ERR_ORDER_TOO_LARGE, ERR_TOO_MANY_ORDERS,
					    ERR_OUT_OF_STOCK,    ERR_TOTAL_CHANGED};

	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		if (e == refusals[i])
			return true;
	}
	return false;
}

/* ---- concurrent calls of a user ---- */

/* Waits until the other call's checkout is no longer RESERVING. */
static enum err wait_for_other_call(struct ctx *ctx, const char *user_id, int64_t until)
{
	bool open = true;
	enum err e = waiting_enter(ctx, WAITING_ORDER, user_id, until);

	if (e)
		return e;
	for (int turn = 0; !e && open && clock_mono_ms() < until; turn++) {
		waiting_pause(turn);
		e = checkout_is_open(&open, ctx, user_id);
	}
	waiting_leave(WAITING_ORDER, user_id);
	return !e && open ? ERR_IN_PROGRESS : e;
}

enum err place_order(struct order_result *result, struct ctx *ctx,
		     const struct order_request *request)
{
	int64_t until = clock_mono_ms() + WAITING_MS;
	struct saga saga = {ctx, request, result};
	int cart_changes = 0;
	enum err e;

	do {
		e = key_answer(&result->answer, ctx, &request->key);
		if (e != ERR_NO_DOCUMENT)
			return e;
		e = run_steps(&saga);
		if (is_refusal(e))
			e = recheck_refusal(&saga, e);
		cart_changes += e == ERR_RETRY;
		if (e == ERR_DUPLICATE) {
			e = wait_for_other_call(ctx, request->user_id, until);
			e = e ? e : ERR_RETRY;
		}
		/* ERR_RETRY: the other call has ended, or the cart changed since it was read. */
	} while (e == ERR_RETRY && cart_changes < CART_CHANGES_MAX && clock_mono_ms() < until);
	if (is_refusal(e))
		order_count(e);
	if (e != ERR_RETRY)
		return e;
	/* The last change of the cart may be an order under the same key: then its answer is
	 * returned. */
	e = key_answer(&result->answer, ctx, &request->key);
	return e == ERR_NO_DOCUMENT ? ERR_IN_PROGRESS : e;
}
