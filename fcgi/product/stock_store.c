#include "stock_store.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "db.h"
#include "product_store.h"
#include "sabotage.h"

static const struct field hold_fields[] = {
    {FIELD(struct hold, order_id)},
    {FIELD(struct hold, quantity)},
    {FIELD(struct hold, at)},
};
const struct shape hold_doc = SHAPE(struct hold, hold_fields);

/* ---- commands of several updates ---- */

struct batch {
	struct ctx *ctx;
	struct db_statement *statements;
	size_t n;
};

static enum err batch_begin(struct batch *batch, struct ctx *ctx, size_t max)
{
	*batch = (struct batch){.ctx = ctx};
	batch->statements = arena_array(ctx->arena, max, sizeof *batch->statements);
	return batch->statements ? OK : ERR_UNAVAILABLE;
}

/* Takes filter and update over; either may be NULL for want of memory. `needed`: as db_statement.
 */
static enum err batch_add(struct batch *batch, bson_t *filter, bson_t *update, bool needed)
{
	filter = ctx_bson(batch->ctx, filter);
	update = ctx_bson(batch->ctx, update);
	if (!filter || !update)
		return ERR_UNAVAILABLE;
	batch->statements[batch->n++] = (struct db_statement){filter, update, .needed = needed};
	return OK;
}

static enum err batch_run(int64_t *matched, const struct batch *batch)
{
	return db_update_each(matched, batch->ctx, product_collection, batch->statements, batch->n);
}

/* ---- take ---- */

struct take {
	struct ctx *ctx;
	bson_oid_t order_id;
	const struct list *lines; /* struct order_line, in the caller's order */
};

static bson_t *takeable(const struct take *take, const struct order_line *line)
{
	bson_t *filter = BCON_NEW("_id", BCON_OID(&line->product_id), "available", BCON_BOOL(true),
				  "holds.order_id", "{", "$ne", BCON_OID(&take->order_id), "}");

	if (!sabotaged("stock"))
		BCON_APPEND(filter, "stock", "{", "$gte", BCON_INT64(line->quantity), "}");
	return filter;
}

/* The one place where stock becomes less. */
static bson_t *take_out(const struct take *take, const struct order_line *line)
{
	return BCON_NEW("$inc", "{", "stock", BCON_INT64(-line->quantity), "}", "$push", "{",
			"holds", "{", "order_id", BCON_OID(&take->order_id), "quantity",
			BCON_INT64(line->quantity), "at", BCON_DATE_TIME(clock_now_ms()), "}", "}");
}

static int by_product(const void *a, const void *b)
{
	return bson_oid_compare(&((const struct order_line *)a)->product_id,
				&((const struct order_line *)b)->product_id);
}

/* In order of the products, and not beyond the first that can't be had: of orders that want the
 * last of the same products the first one gets them, rather than that they refuse each other. */
static enum err hold_lines(const struct take *take)
{
	size_t n = take->lines->n;
	struct order_line *sorted = arena_array(take->ctx->arena, n, sizeof *sorted);
	struct batch batch;
	int64_t matched;
	enum err e = batch_begin(&batch, take->ctx, n);

	if (e || !sorted)
		return ERR_UNAVAILABLE;
	memcpy(sorted, take->lines->items, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, by_product);
	for (size_t i = 0; i < n && !e; i++)
		e = batch_add(&batch, takeable(take, &sorted[i]), take_out(take, &sorted[i]), true);
	return e ? e : batch_run(&matched, &batch);
}

/* ---- what came of it ---- */

/* A product, with what the order has of it alone. */
struct held {
	bson_oid_t _id;
	const char *name;
	struct money price;
	bool available;
	int64_t stock;
	struct list holds;
};

static const struct field held_fields[] = {
    {FIELD(struct held, _id)},
    {FIELD(struct held, name)},
    {FIELD(struct held, price)},
    {FIELD(struct held, available)},
    {FIELD(struct held, stock), .optional = true},
    {FIELD(struct held, holds), .of = &hold_doc, .optional = true},
};
static const struct shape held_doc = SHAPE(struct held, held_fields);

static enum err read_held(struct list *held, const struct take *take)
{
	const struct order_line *line = take->lines->items;
	size_t n = take->lines->n;
	bson_oid_t *ids = arena_array(take->ctx->arena, n, sizeof *ids);
	bson_t *filter = ctx_bson(take->ctx, bson_new());
	const bson_t *fields =
	    ctx_bson(take->ctx,
		     BCON_NEW("name", BCON_INT32(1), "price", BCON_INT32(1), "available",
			      BCON_INT32(1), "stock", BCON_INT32(1), "holds", "{", "$elemMatch",
			      "{", "order_id", BCON_OID(&take->order_id), "}", "}"));

	if (!ids || !filter || !fields)
		return ERR_UNAVAILABLE;
	for (size_t i = 0; i < n; i++)
		ids[i] = line[i].product_id;
	append_one_of(filter, "_id", ids, n);
	return db_find(held, take->ctx, product_collection, &held_doc,
		       &(struct db_query){
			   .filter = filter, .fields = fields, .limit = n, .skip_malformed = true});
}

static const struct held *find_held(const struct list *held, const bson_oid_t *product_id)
{
	const struct held *products = held->items;

	for (size_t i = 0; i < held->n; i++) {
		if (bson_oid_equal(&products[i]._id, product_id))
			return &products[i];
	}
	return NULL;
}

/* What the lines of a take came to. */
struct outcome {
	struct taken *taken; /* as many as there are lines, where all of them are held */
	bson_oid_t *refused; /* those of which there isn't enough */
	size_t n_refused;
	const bson_oid_t *ended; /* the first that isn't held, in order of the products */
	size_t n_held;
	bool marked; /* given back before */
};

static bool is_enough(const struct held *product, int64_t quantity)
{
	return product && product->available && product->stock >= quantity;
}

static void judge_line(struct outcome *out, const struct order_line *line, size_t i,
		       const struct held *product)
{
	const struct hold *hold = product && product->holds.n ? product->holds.items : NULL;

	if (hold && hold->quantity == line->quantity) {
		out->taken[i] = (struct taken){product->_id, product->name, product->price};
		out->n_held++;
		return;
	}
	out->marked |= hold && hold->quantity == 0;
	if (!out->ended || bson_oid_compare(&line->product_id, out->ended) < 0)
		out->ended = &line->product_id;
	if (!is_enough(product, line->quantity))
		out->refused[out->n_refused++] = line->product_id;
}

/* There may be enough again by now of what the take ended at. */
static void name_one(struct outcome *out)
{
	if (out->ended && !out->n_refused)
		out->refused[out->n_refused++] = *out->ended;
}

static enum err judge(struct outcome *out, const struct take *take, const struct list *held)
{
	const struct order_line *line = take->lines->items;
	size_t n = take->lines->n;

	*out = (struct outcome){
	    .taken = arena_array(take->ctx->arena, n, sizeof *out->taken),
	    .refused = arena_array(take->ctx->arena, n, sizeof *out->refused),
	};
	if (!out->taken || !out->refused)
		return ERR_UNAVAILABLE;
	for (size_t i = 0; i < n; i++)
		judge_line(out, &line[i], i, find_held(held, &line[i].product_id));
	name_one(out);
	return OK;
}

/* ---- give back ---- */

static bson_t *holding(const bson_oid_t *order_id, const struct order_line *line)
{
	return BCON_NEW("_id", BCON_OID(&line->product_id), "holds", "{", "$elemMatch", "{",
			"order_id", BCON_OID(order_id), "quantity", BCON_INT64(line->quantity), "}",
			"}");
}

static bson_t *neither_held_nor_marked(const bson_oid_t *order_id, const struct order_line *line)
{
	return BCON_NEW("_id", BCON_OID(&line->product_id), "holds.order_id", "{", "$ne",
			BCON_OID(order_id), "}");
}

/* The hold becomes the mark. */
static bson_t *put_back(const struct order_line *line)
{
	return BCON_NEW("$inc", "{", "stock", BCON_INT64(line->quantity), "}", "$set", "{",
			"holds.$.quantity", BCON_INT64(0), "holds.$.at",
			BCON_DATE_TIME(clock_now_ms()), "}");
}

static bson_t *leave_mark(const bson_oid_t *order_id, int64_t back)
{
	return BCON_NEW("$inc", "{", "stock", BCON_INT64(back), "}", "$push", "{", "holds", "{",
			"order_id", BCON_OID(order_id), "quantity", BCON_INT64(0), "at",
			BCON_DATE_TIME(clock_now_ms()), "}", "}");
}

/* The mark where nothing is held, then the hold back, then the mark again: between the first two a
 * hold may be settled or let go, and in any other order a take could come in between. */
static enum err give_line_back(struct batch *batch, const bson_oid_t *order_id,
			       const struct order_line *line, bool sold)
{
	int64_t back = sold ? line->quantity : 0;
	enum err e = batch_add(batch, neither_held_nor_marked(order_id, line),
			       leave_mark(order_id, back), false);

	if (!e)
		e = batch_add(batch, holding(order_id, line), put_back(line), false);
	if (!e)
		e = batch_add(batch, neither_held_nor_marked(order_id, line),
			      leave_mark(order_id, back), false);
	return e;
}

enum err stock_store_give_back(struct ctx *ctx, const bson_oid_t *order_id,
			       const struct list *lines, bool sold)
{
	const struct order_line *line = lines->items;
	struct batch batch;
	int64_t matched;
	enum err e = batch_begin(&batch, ctx, 3 * lines->n);

	for (size_t i = 0; i < lines->n && !e; i++)
		e = give_line_back(&batch, order_id, &line[i], sold);
	return e ? e : batch_run(&matched, &batch);
}

/* ---- take, from its beginning to its end ---- */

static bson_t *let_go(const struct take *take, const struct order_line *line)
{
	return BCON_NEW("$inc", "{", "stock", BCON_INT64(line->quantity), "}", "$pull", "{",
			"holds", "{", "order_id", BCON_OID(&take->order_id), "}", "}");
}

/* Undoes what was held until the take ended. It leaves no mark: this was the order's one take. So
 * those who come too late for the last unit write nothing at all. */
static enum err let_all_go(const struct take *take, const struct outcome *outcome)
{
	const struct order_line *line = take->lines->items;
	struct batch batch;
	int64_t matched;
	enum err e;

	if (!outcome->n_held)
		return OK;
	e = batch_begin(&batch, take->ctx, take->lines->n);
	for (size_t i = 0; i < take->lines->n && !e; i++)
		e = batch_add(&batch, holding(&take->order_id, &line[i]), let_go(take, &line[i]),
			      false);
	return e ? e : batch_run(&matched, &batch);
}

enum err stock_store_take(struct list *taken, struct list *refused, struct ctx *ctx,
			  const bson_oid_t *order_id, const struct list *lines)
{
	struct take take = {.ctx = ctx, .order_id = *order_id, .lines = lines};
	struct outcome outcome;
	struct list held;
	enum err e = hold_lines(&take);

	if (!e)
		e = read_held(&held, &take);
	if (!e)
		e = judge(&outcome, &take, &held);
	if (e)
		return e;
	if (!outcome.ended) {
		*taken = (struct list){outcome.taken, lines->n};
		return OK;
	}
	*refused = (struct list){outcome.refused, outcome.n_refused};
	e = let_all_go(&take, &outcome);
	if (e)
		return e;
	return outcome.marked ? ERR_STOCK_GIVEN_BACK : ERR_OUT_OF_STOCK;
}

/* ---- settle, set ---- */

/* {"holds.order_id": {$in}} → {$pull: {holds: {order_id: {$in}, quantity: {$gt: 0}}}} */
enum err stock_store_settle(struct ctx *ctx, const bson_oid_t *order_ids, size_t n)
{
	bson_t *filter = ctx_bson(ctx, bson_new()), *update = ctx_bson(ctx, bson_new());
	bson_t pull, holds;
	int64_t matched;

	if (!filter || !update)
		return ERR_UNAVAILABLE;
	append_one_of(filter, "holds.order_id", order_ids, n);
	BSON_APPEND_DOCUMENT_BEGIN(update, "$pull", &pull);
	BSON_APPEND_DOCUMENT_BEGIN(&pull, "holds", &holds);
	append_one_of(&holds, "order_id", order_ids, n);
	BCON_APPEND(&holds, "quantity", "{", "$gt", BCON_INT64(0), "}");
	bson_append_document_end(&pull, &holds);
	bson_append_document_end(update, &pull);
	return db_update_each(&matched, ctx, product_collection,
			      &(struct db_statement){filter, update, .multi = true}, 1);
}

enum err stock_store_set(struct ctx *ctx, const bson_oid_t *product_id, int64_t stock)
{
	const bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_OID(product_id)));
	const bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "stock", BCON_INT64(stock), "}"));
	enum err e;

	if (!filter || !update)
		return ERR_UNAVAILABLE;
	e = db_update(NULL, ctx, product_collection, filter, update, false);
	return e == ERR_NO_DOCUMENT ? ERR_PRODUCT_NOT_FOUND : e;
}
