#include "stock_store.h"

#include "clock.h"
#include "db.h"
#include "product_store.h"
#include "stock_batch.h"

static const struct field hold_fields[] = {
    {FIELD(struct hold, order_id)},
    {FIELD(struct hold, quantity)},
    {FIELD(struct hold, at)},
};
const struct shape hold_doc = SHAPE(struct hold, hold_fields);

/* ---- commands of several updates ---- */

enum err stock_batch_begin(struct stock_batch *batch, struct ctx *ctx, size_t max)
{
	*batch = (struct stock_batch){.ctx = ctx};
	batch->statements = arena_array(ctx->arena, max, sizeof *batch->statements);
	return batch->statements ? OK : ERR_UNAVAILABLE;
}

enum err stock_batch_add(struct stock_batch *batch, bson_t *filter, bson_t *update, bool needed)
{
	filter = ctx_bson(batch->ctx, filter);
	update = ctx_bson(batch->ctx, update);
	if (!filter || !update)
		return ERR_UNAVAILABLE;
	batch->statements[batch->n++] = (struct db_statement){filter, update, .needed = needed};
	return OK;
}

enum err stock_batch_run(const struct stock_batch *batch)
{
	int64_t matched;

	return db_update_each(&matched, batch->ctx, product_collection, batch->statements,
			      batch->n);
}

/* ---- give back ---- */

bson_t *stock_holding(const bson_oid_t *order_id, const bson_oid_t *product_id, int64_t quantity)
{
	return BCON_NEW("_id", BCON_OID(product_id), "holds", "{", "$elemMatch", "{", "order_id",
			BCON_OID(order_id), "quantity", BCON_INT64(quantity), "}", "}");
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
static enum err give_line_back(struct stock_batch *batch, const bson_oid_t *order_id,
			       const struct order_line *line, bool sold)
{
	int64_t back = sold ? line->quantity : 0;
	enum err e = stock_batch_add(batch, neither_held_nor_marked(order_id, line),
				     leave_mark(order_id, back), false);

	if (!e)
		e = stock_batch_add(batch,
				    stock_holding(order_id, &line->product_id, line->quantity),
				    put_back(line), false);
	if (!e)
		e = stock_batch_add(batch, neither_held_nor_marked(order_id, line),
				    leave_mark(order_id, back), false);
	return e;
}

enum err stock_store_give_back(struct ctx *ctx, const bson_oid_t *order_id,
			       const struct list *lines, bool sold)
{
	const struct order_line *line = lines->items;
	struct stock_batch batch;
	enum err e = stock_batch_begin(&batch, ctx, 3 * lines->n);

	for (size_t i = 0; i < lines->n && !e; i++)
		e = give_line_back(&batch, order_id, &line[i], sold);
	return e ? e : stock_batch_run(&batch);
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
	db_append_ids(filter, "holds.order_id", order_ids, n);
	BSON_APPEND_DOCUMENT_BEGIN(update, "$pull", &pull);
	BSON_APPEND_DOCUMENT_BEGIN(&pull, "holds", &holds);
	db_append_ids(&holds, "order_id", order_ids, n);
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
