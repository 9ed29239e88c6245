/* Making an order: the steps, their compensations, and when they are tried again. */
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
	PRICES_AGE_MS = 250, /* of prices by which an order may be refused */
	OVERTAKEN_MAX = 2,   /* tries during which the cart changed */
};

/* One try. */
struct attempt {
	struct ctx *ctx;
	const struct order_request *request;
	struct order_result *result;
	struct list lines; /* of the cart, as read: struct cart_line */
	struct list taken; /* for each of them: struct reserved_product */
	struct checkout checkout;
	struct order order;
};

/* ---- the steps ---- */

static enum err read_cart(struct attempt *a)
{
	struct stock_line *items;
	enum err e = cart_lines(&a->lines, a->ctx, a->request->user_id);

	if (e)
		return e;
	if (!a->lines.n)
		return ERR_CART_EMPTY;
	if (a->lines.n > CART_LINES_MAX)
		return ERR_CART_FULL;
	items = arena_array(a->ctx->arena, a->lines.n, sizeof *items);
	if (!items)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < a->lines.n; i++) {
		const struct cart_line *line = (const struct cart_line *)a->lines.items + i;

		items[i] = (struct stock_line){line->product_id, line->quantity};
	}
	a->checkout = (struct checkout){
	    .user_id = a->request->user_id,
	    .items = {items, a->lines.n},
	};
	id_new(&a->checkout._id);
	return a->request->is_limited ? check_pieces(&a->checkout.items) : OK;
}

/* What the cart costs by the prices that this service knows. ERR_NO_DOCUMENT where it doesn't know
 * them all: the reservation decides. */
static enum err price_as_known(struct money *total, struct attempt *a)
{
	struct reserved_product *known = arena_array(a->ctx->arena, a->lines.n, sizeof *known);
	struct snapshot *products;
	struct order order = {0};

	if (!known)
		return ERR_NO_MEMORY;
	if (products_ref(&products, a->ctx))
		return ERR_NO_DOCUMENT;
	for (size_t i = 0; i < a->lines.n; i++) {
		const struct cart_line *line = (const struct cart_line *)a->lines.items + i;
		const struct product *p = products_find(products, &line->product_id);

		if (!p)
			return ERR_NO_DOCUMENT;
		known[i] = (struct reserved_product){line->product_id, p->facts};
	}
	if (order_price(&order, a->ctx->arena, &a->lines, &(struct list){known, a->lines.n}))
		return ERR_NO_DOCUMENT;
	*total = order.total;
	return OK;
}

/* OK: by what is known it costs what is expected, or it isn't known what it costs. */
static enum err compare_total(struct attempt *a)
{
	struct money total;
	enum err e = price_as_known(&total, a);

	if (e)
		return e == ERR_NO_DOCUMENT ? OK : e;
	a->result->total = total;
	return total.paise == a->request->expected_total.paise ? OK : ERR_TOTAL_CHANGED;
}

/* Refuses an unexpected total before anything is written. The prices are at most PRICES_AGE_MS old:
 * the client may know a newer price than the replica. If another call of the user has a checkout
 * open, its outcome decides. */
static enum err check_total(struct attempt *a)
{
	enum err e;
	bool open;

	if (a->request->expected_total.paise == MONEY_NONE.paise)
		return OK;
	e = compare_total(a);
	if (e != ERR_TOTAL_CHANGED)
		return e;
	e = products_renew(a->ctx, PRICES_AGE_MS);
	if (!e)
		e = compare_total(a);
	if (e != ERR_TOTAL_CHANGED)
		return e;
	e = checkout_is_open(&open, a->ctx, a->request->user_id);
	if (e)
		return e;
	return open ? ERR_DUPLICATE : ERR_TOTAL_CHANGED;
}

static enum err open_checkout(struct attempt *a)
{
	enum err e = checkout_open(a->ctx, &a->checkout);

	a->checkout.answered = true; /* nothing was sent about its stock */
	return e;
}

/* With the checkout open, so that no other order of the user is made meanwhile. */
static enum err check_hour(struct attempt *a)
{
	if (!a->request->is_limited)
		return OK;
	return check_orders_of_hour(&a->result->wait_ms, a->ctx, a->request->user_id);
}

static enum err take_stock(struct attempt *a)
{
	enum err e;

	a->checkout.answered = false;
	e = stock_take(&a->taken, &a->result->refused, a->ctx, &a->checkout._id,
		       &a->checkout.items);
	a->checkout.answered = !e || e == ERR_OUT_OF_STOCK;
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

static enum err price(struct attempt *a)
{
	int64_t expected = a->request->expected_total.paise;
	enum err e;

	a->order = (struct order){
	    ._id = a->checkout._id,
	    .user_id = a->request->user_id,
	    .created_at.ms = clock_now_ms(),
	};
	e = order_price(&a->order, a->ctx->arena, &a->lines, &a->taken);
	if (e)
		return e;
	a->result->total = a->order.total;
	if (expected != MONEY_NONE.paise && expected != a->order.total.paise)
		return ERR_TOTAL_CHANGED;
	a->result->answer =
	    shape_to_text(a->ctx->arena, &order_created_out,
			  &(struct created_out){"Order created", a->order._id, a->order.total});
	return a->result->answer ? OK : ERR_NO_MEMORY;
}

/* By this line an order's id leads to the request that made it. */
static void log_made(const struct attempt *a)
{
	char id[25];

	bson_oid_to_string(&a->order._id, id);
	log_event(LOG_INFO, a->ctx, "order.created order_id=%s", id);
}

static enum err commit(struct attempt *a)
{
	const struct order_commit write = {&a->order, &a->lines, &a->request->key,
					   a->result->answer};
	enum err e = order_commit(a->ctx, &write);

	if (!e)
		log_made(a);
	return e == ERR_NO_DOCUMENT ? ERR_UNAVAILABLE : e;
}

/* ---- the saga ---- */

/* Gives up what stands: the stock goes back now, so that the next try finds it. */
static void give_up(struct attempt *a)
{
	sweeper_give_up(a->ctx, &a->checkout);
}

/* No stock is held. */
static void drop(struct attempt *a)
{
	if (checkouts_close(a->ctx, CHECKOUT_RESERVING, &a->checkout._id, 1))
		give_up(a);
}

static const struct step {
	enum err (*run)(struct attempt *a);
	void (*undo)(struct attempt *a); /* after an error: it may have been done or not */
	enum err refusal;                /* an error by which it is sure to have done nothing */
	void (*undo_refused)(struct attempt *a); /* NULL: nothing stands */
} steps[] = {
    {.run = read_cart},
    {.run = check_total},
    {.run = open_checkout, .undo = give_up, .refusal = ERR_DUPLICATE},
    {.run = check_hour, .undo = drop},
    {.run = take_stock, .undo = give_up, .refusal = ERR_OUT_OF_STOCK, .undo_refused = drop},
    {.run = price, .undo = give_up},
    {.run = commit, .undo = give_up},
};

static enum err run_steps(struct attempt *a)
{
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		const struct step *step = &steps[i];
		enum err e = step->run(a);
		void (*undo)(struct attempt *) = step->undo;

		if (!e)
			continue;
		if (e == step->refusal)
			undo = step->undo_refused;
		if (undo)
			undo(a);
		return e;
	}
	order_count(OK);
	sweeper_tell_at_once(a->ctx, &a->checkout);
	return OK;
}

/* ---- refusals ---- */

static bool same_lines(const struct list *a, const struct list *b)
{
	const struct cart_line *x = a->items, *y = b->items;

	for (size_t i = 0; i < a->n && a->n == b->n; i++) {
		if (!bson_oid_equal(&x[i]._id, &y[i]._id) || x[i].quantity != y[i].quantity)
			return false;
	}
	return a->n == b->n;
}

/* Another call may have been done between two of our looks: with its key it is the same call, which
 * has its answer; without, what it left of the cart is what counts. */
static enum err look_again(struct attempt *a, enum err refusal)
{
	struct list lines;
	enum err e = key_answer(&a->result->answer, a->ctx, &a->request->key);

	if (e != ERR_NO_DOCUMENT)
		return e;
	e = cart_lines(&lines, a->ctx, a->request->user_id);
	if (e)
		return e;
	return same_lines(&lines, &a->lines) ? refusal : ERR_RETRY;
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

/* ---- one call after the other ---- */

/* Waits until the user's other call is done. */
static enum err wait_until_done(struct ctx *ctx, const char *user_id, int64_t until)
{
	bool open = true;
	enum err e = OK;

	for (int turn = 0; !e && open; turn++) {
		if (clock_mono_ms() >= until)
			return ERR_IN_PROGRESS;
		waiting_pause(turn);
		e = checkout_is_open(&open, ctx, user_id);
	}
	return e;
}

static enum err wait_turn(struct ctx *ctx, const char *user_id, int64_t until)
{
	enum err e = waiting_enter(ctx, WAITING_ORDER, user_id, until);

	if (e)
		return e;
	e = wait_until_done(ctx, user_id, until);
	waiting_leave(WAITING_ORDER, user_id);
	return e;
}

/* The answer of a call that has tried long enough. The cart may have changed last by an order of
 * its own key. */
static enum err answer_or_in_progress(struct attempt *a)
{
	enum err e = key_answer(&a->result->answer, a->ctx, &a->request->key);

	return e == ERR_NO_DOCUMENT ? ERR_IN_PROGRESS : e;
}

enum err place_order(struct order_result *result, struct ctx *ctx,
		     const struct order_request *request)
{
	int64_t until = clock_mono_ms() + WAITING_MS;
	struct attempt a = {ctx, request, result};
	int overtaken = 0;
	enum err e;

	do {
		e = key_answer(&result->answer, ctx, &request->key);
		if (e != ERR_NO_DOCUMENT)
			return e;
		e = run_steps(&a);
		if (is_refusal(e))
			e = look_again(&a, e);
		overtaken += e == ERR_RETRY;
		if (e == ERR_DUPLICATE) {
			e = wait_turn(ctx, request->user_id, until);
			e = e ? e : ERR_RETRY;
		}
		/* The other call is done; or the cart changed since it was read. */
	} while (e == ERR_RETRY && overtaken < OVERTAKEN_MAX && clock_mono_ms() < until);
	if (is_refusal(e))
		order_count(e);
	return e == ERR_RETRY ? answer_or_in_progress(&a) : e;
}
