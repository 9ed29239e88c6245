#include "stock_store.h"

#include "clock.h"
#include "db.h"
#include "product_store.h"
#include "stock_batch.h"

static const struct field hold_fields[] = {
    {FIELD(struct hold, order_id)},
    {FIELD(struct hold, quantity)},
    {FIELD(struct hold, at)},
    {FIELD(struct hold, until), .optional = true},
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

/* ---- settle, forget ---- */

/* {"holds.order_id": {$in}} → {$pull: {holds: {order_id: {$in}, quantity: …}}} */
static enum err pull(struct ctx *ctx, const bson_oid_t *order_ids, size_t n, const char *operator)
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
	BCON_APPEND(&holds, "quantity", "{", operator, BCON_INT64(0), "}");
	bson_append_document_end(&pull, &holds);
	bson_append_document_end(update, &pull);
	return db_update_each(&matched, ctx, product_collection,
			      &(struct db_statement){filter, update, .multi = true}, 1);
}

enum err stock_store_settle(struct ctx *ctx, const bson_oid_t *order_ids, size_t n)
{
	return pull(ctx, order_ids, n, "$gt");
}

enum err stock_store_forget(struct ctx *ctx, const bson_oid_t *order_ids, size_t n)
{
	return pull(ctx, order_ids, n, "$eq");
}

/* ---- set ---- */

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
