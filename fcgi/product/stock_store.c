/* Stock in the database: confirmations, removal of tombstones, and changes by staff. */
#include "stock_store.h"

#include "clock.h"
#include "db.h"
#include "product_store.h"

static const struct field reservation_fields[] = {
    {FIELD(struct reservation, order_id)},
    {FIELD(struct reservation, quantity)},
    {FIELD(struct reservation, at)},
    {FIELD(struct reservation, until), .optional = true},
    {FIELD(struct reservation, set_at), .optional = true},
};
const struct shape reservation_doc = SHAPE(struct reservation, reservation_fields);

/* ---- confirm, forget ---- */

/* {"holds.order_id": {$in}} → {$pull: {holds: {order_id: {$in}, quantity: …}}} */
static enum err pull(struct ctx *ctx, const bson_oid_t *order_ids, size_t n, const char *operator)
{
	bson_t *filter = ctx_bson(ctx, bson_new()), *update = ctx_bson(ctx, bson_new());
	bson_t pull, holds;
	int64_t matched;

	if (!filter || !update)
		return ERR_NO_MEMORY;
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

enum err stock_store_confirm(struct ctx *ctx, const bson_oid_t *order_ids, size_t n)
{
	return pull(ctx, order_ids, n, "$gt");
}

enum err stock_store_forget(struct ctx *ctx, const bson_oid_t *order_ids, size_t n)
{
	return pull(ctx, order_ids, n, "$eq");
}

/* ---- change ---- */

static bson_t *change_filter(const bson_oid_t *product_id, const struct stock_change *change)
{
	bson_t *filter = BCON_NEW("_id", BCON_OID(product_id));

	/* An earlier version stored products without a stock, which counts as 0. */
	if (change->has_expected && !change->expected)
		BCON_APPEND(filter, "stock", "{", "$in", "[", BCON_INT64(0), BCON_NULL, "]", "}");
	else if (change->has_expected)
		BSON_APPEND_INT64(filter, "stock", change->expected);
	else if (!change->has_stock)
		BCON_APPEND(filter, "stock", "{", "$gte", BCON_INT64(-change->delta), "$lte",
			    BCON_INT64(STOCK_MAX - change->delta), "}");
	return filter;
}

/* Writes the time of the set into each reservation, and removes those older than
 * STOCK_RESERVATION_MS. Tombstones stay as they are. */
static void append_reservations(bson_t *set)
{
	int64_t oldest = clock_now_ms() - STOCK_RESERVATION_MS;

	/* clang-format off */
	BCON_APPEND(set, "holds", "{", "$map", "{",
		"input", "{", "$filter", "{",
			"input", "{", "$ifNull", "[", BCON_UTF8("$holds"), "[", "]", "]", "}",
			"cond", "{", "$or", "[",
				"{", "$eq", "[", BCON_UTF8("$$this.quantity"), BCON_INT64(0), "]", "}",
				"{", "$gte", "[", BCON_UTF8("$$this.at"), BCON_DATE_TIME(oldest), "]", "}",
			"]", "}",
		"}", "}",
		"in", "{", "$cond", "[",
			"{", "$eq", "[", BCON_UTF8("$$this.quantity"), BCON_INT64(0), "]", "}",
			BCON_UTF8("$$this"),
			"{", "$mergeObjects", "[",
				BCON_UTF8("$$this"), "{", "set_at", BCON_UTF8("$$NOW"), "}",
			"]", "}",
		"]", "}",
	"}", "}");
	/* clang-format on */
}

/* [{$set: {stock, holds, available?}}] or {$inc: {stock}, $set: {available}?} */
static bson_t *change_update(const struct stock_change *change)
{
	bson_t *update, stage, set;

	if (!change->has_stock) {
		update = BCON_NEW("$inc", "{", "stock", BCON_INT64(change->delta), "}");
		if (change->has_available)
			BCON_APPEND(update, "$set", "{", "available", BCON_BOOL(change->available),
				    "}");
		return update;
	}
	update = bson_new();
	BSON_APPEND_DOCUMENT_BEGIN(update, "0", &stage);
	BSON_APPEND_DOCUMENT_BEGIN(&stage, "$set", &set);
	BSON_APPEND_INT64(&set, "stock", change->stock);
	append_reservations(&set);
	if (change->has_available)
		BSON_APPEND_BOOL(&set, "available", change->available);
	bson_append_document_end(&stage, &set);
	bson_append_document_end(update, &stage);
	return update;
}

struct left {
	int64_t stock;
};

static const struct field left_fields[] = {{FIELD(struct left, stock), .optional = true}};
static const struct shape left_doc = SHAPE(struct left, left_fields);

enum err stock_store_change(int64_t *left, struct ctx *ctx, const bson_oid_t *product_id,
			    const struct stock_change *change)
{
	const bson_t *by_id = ctx_bson(ctx, BCON_NEW("_id", BCON_OID(product_id)));
	const bson_t *filter = ctx_bson(ctx, change_filter(product_id, change));
	const bson_t *update = ctx_bson(ctx, change_update(change));
	struct left found = {0};
	enum err e;

	if (!by_id || !filter || !update)
		return ERR_NO_MEMORY;
	e = db_update(NULL, ctx, product_collection, filter, update, false);
	if (e != ERR_NO_DOCUMENT)
		return e;
	e = db_find_one(&found, ctx, product_collection, &left_doc, by_id);
	if (e)
		return e == ERR_NO_DOCUMENT ? ERR_PRODUCT_NOT_FOUND : e;
	*left = found.stock;
	return ERR_STOCK_CHANGED;
}
