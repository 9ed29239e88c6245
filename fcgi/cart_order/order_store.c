/* Orders in the database. */
#include "order_store.h"

#include "db.h"

const char order_collection[] = "orders";

static const struct field item_fields[] = {
    {FIELD(struct order_item, product_id)},
    {FIELD_IN(struct order_item, facts, name), .example = "Milk 1L"},
    {FIELD(struct order_item, quantity)},
    {FIELD_IN(struct order_item, facts, price)},
};
const struct shape order_item_doc = NAMED_SHAPE("OrderItem", struct order_item, item_fields);

static const struct field order_fields[] = {
    {FIELD(struct order, _id)},
    {FIELD(struct order, user_id)},
    {FIELD(struct order, items), .of = &order_item_doc},
    {FIELD(struct order, total)},
    {FIELD(struct order, created_at)},
    {FIELD(struct order, cancelled), .optional = true},
};
const struct shape order_doc = SHAPE(struct order, order_fields);

enum err orders_insert(struct ctx *ctx, const struct order *const *orders, size_t n)
{
	return db_insert_all(ctx, order_collection, &order_doc, (const void *const *)orders, n);
}

enum err order_get(struct order *order, struct ctx *ctx, const bson_oid_t *id, const char *user_id)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_OID(id)));
	struct order found = {0};
	enum err e;

	if (!filter)
		return ERR_NO_MEMORY;
	if (user_id)
		BSON_APPEND_UTF8(filter, "user_id", user_id);
	e = db_find_one(&found, ctx, order_collection, &order_doc, filter);
	if (e)
		return e == ERR_NO_DOCUMENT ? ERR_ORDER_NOT_FOUND : e;
	*order = found;
	return OK;
}

enum err order_set_cancelled(struct ctx *ctx, const bson_oid_t *id)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_OID(id), "cancelled", "{", "$ne",
						BCON_BOOL(true), "}"));
	bson_t *update = ctx_bson(ctx, BCON_NEW("$set", "{", "cancelled", BCON_BOOL(true), "}"));

	if (!filter || !update)
		return ERR_NO_MEMORY;
	return db_update(NULL, ctx, order_collection, filter, update, false);
}

enum err orders_of_user(struct list *orders, struct ctx *ctx, const char *user_id,
			const bson_oid_t *after, size_t limit)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(user_id)));
	bson_t *newest =
	    ctx_bson(ctx, BCON_NEW("created_at", BCON_INT32(-1), "_id", BCON_INT32(-1)));
	struct order last;
	enum err e = OK;

	if (!filter || !newest)
		return ERR_NO_MEMORY;
	if (after)
		e = order_get(&last, ctx, after, user_id);
	if (e)
		return e;
	if (after)
		BCON_APPEND(filter, "$or", "[", "{", "created_at", "{", "$lt",
			    BCON_DATE_TIME(last.created_at.ms), "}", "}", "{", "created_at",
			    BCON_DATE_TIME(last.created_at.ms), "_id", "{", "$lt", BCON_OID(after),
			    "}", "}", "]");
	return db_find(orders, ctx, order_collection, &order_doc,
		       &(struct db_query){.filter = filter,
					  .sort = newest,
					  .limit = limit,
					  .skip_malformed = true});
}

enum err order_created_at(struct timestamp *created, struct ctx *ctx, const char *user_id,
			  int64_t since_ms, size_t n)
{
	static const struct field created_fields[] = {{FIELD(struct order, created_at)}};
	static const struct shape created_doc = SHAPE(struct order, created_fields);
	bson_t *filter = ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(user_id), "created_at", "{",
						"$gt", BCON_DATE_TIME(since_ms), "}"));
	bson_t *newest =
	    ctx_bson(ctx, BCON_NEW("created_at", BCON_INT32(-1), "_id", BCON_INT32(-1)));
	bson_t *time_alone =
	    ctx_bson(ctx, BCON_NEW("_id", BCON_INT32(0), "created_at", BCON_INT32(1)));
	struct list found;
	enum err e;

	if (!filter || !newest || !time_alone)
		return ERR_NO_MEMORY;
	e = db_find(
	    &found, ctx, order_collection, &created_doc,
	    &(struct db_query){.filter = filter, .sort = newest, .fields = time_alone, .limit = n});
	if (e)
		return e;
	if (found.n < n)
		return ERR_NO_DOCUMENT;
	*created = ((const struct order *)found.items + n - 1)->created_at;
	return OK;
}
