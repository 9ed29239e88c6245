#include "delivery_store.h"

#include "clock.h"
#include "db.h"

static const char collection[] = "order_status";

static const struct field fields[] = {
    {FIELD(struct delivery, _id)},
    {FIELD(struct delivery, order_id)},
    {FIELD(struct delivery, user_id), .optional = true},
    {FIELD(struct delivery, status), .words = status_words},
    {FIELD(struct delivery, last_updated)},
};
static const struct shape delivery_doc = SHAPE(struct delivery, fields);

enum err delivery_get(struct delivery *delivery, struct ctx *ctx, const bson_oid_t *order_id)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(order_id)));
	struct delivery found = {0};
	enum err e;

	if (!filter)
		return ERR_UNAVAILABLE;
	e = db_find_one(&found, ctx, collection, &delivery_doc, filter);
	if (e)
		return e == ERR_NO_DOCUMENT ? ERR_ORDER_NOT_FOUND : e;
	*delivery = found;
	return OK;
}

enum err delivery_start(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id)
{
	struct delivery delivery = {
	    .order_id = *order_id,
	    .user_id = user_id,
	    .status = STATUS_PLACED,
	    .last_updated.ms = clock_now_ms(),
	};

	bson_oid_init(&delivery._id, NULL);
	return db_insert(ctx, collection, &delivery_doc, &delivery);
}

enum err delivery_move(struct ctx *ctx, const bson_oid_t *order_id, enum status from,
		       enum status to)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(order_id), "status",
						BCON_UTF8(status_words[from])));
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "status", BCON_UTF8(status_words[to]),
				   "last_updated", BCON_DATE_TIME(clock_now_ms()), "}"));

	if (!filter || !update)
		return ERR_UNAVAILABLE;
	return db_update(NULL, ctx, collection, filter, update, false);
}
