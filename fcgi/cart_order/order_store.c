#include "order_store.h"

#include "db.h"

const char order_collection[] = "orders";

static const struct field item_fields[] = {
    {FIELD(struct order_item, product_id)},
    {FIELD(struct order_item, name)},
    {FIELD(struct order_item, quantity)},
    {FIELD(struct order_item, price)},
};
static const struct shape item_doc = SHAPE(struct order_item, item_fields);

static const struct field order_fields[] = {
    {FIELD(struct order, _id)},
    {FIELD(struct order, user_id)},
    {FIELD(struct order, items), .of = &item_doc},
    {FIELD(struct order, total)},
    {FIELD(struct order, created_at)},
};
const struct shape order_doc = SHAPE(struct order, order_fields);

/* Narrows a filter to what comes behind an order of this user. */
static enum err begin_after(bson_t *filter, struct ctx *ctx, const char *user_id,
			    const bson_oid_t *after)
{
	bson_t *one =
	    ctx_bson(ctx, BCON_NEW("_id", BCON_OID(after), "user_id", BCON_UTF8(user_id)));
	struct order last = {0};
	enum err e;

	if (!one)
		return ERR_UNAVAILABLE;
	e = db_find_one(&last, ctx, order_collection, &order_doc, one);
	if (e)
		return e == ERR_NO_DOCUMENT ? ERR_ORDER_NOT_FOUND : e;
	BCON_APPEND(filter, "$or", "[", "{", "created_at", "{", "$lt",
		    BCON_DATE_TIME(last.created_at.ms), "}", "}", "{", "created_at",
		    BCON_DATE_TIME(last.created_at.ms), "_id", "{", "$lt", BCON_OID(after), "}",
		    "}", "]");
	return OK;
}

enum err orders_of_user(struct list *orders, struct ctx *ctx, const char *user_id,
			const bson_oid_t *after, size_t limit)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(user_id)));
	bson_t *newest =
	    ctx_bson(ctx, BCON_NEW("created_at", BCON_INT32(-1), "_id", BCON_INT32(-1)));
	enum err e = OK;

	if (!filter || !newest)
		return ERR_UNAVAILABLE;
	if (after)
		e = begin_after(filter, ctx, user_id, after);
	if (e)
		return e;
	return db_find(orders, ctx, order_collection, &order_doc,
		       &(struct db_query){.filter = filter, .sort = newest, .limit = limit});
}
