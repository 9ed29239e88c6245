#include "delivery_store.h"

#include "clock.h"
#include "db.h"

static const char collection[] = "order_status";

static const struct actor service = {.by = "service"};

static const struct field change_fields[] = {
    {FIELD(struct change, status), .words = status_words},
    {FIELD(struct change, at)},
    {FIELD(struct change, by)},
    {FIELD(struct change, user_id), .optional = true},
};
static const struct shape change_doc = SHAPE(struct change, change_fields);

static const struct field fields[] = {
    {FIELD(struct delivery, _id)},
    {FIELD(struct delivery, order_id)},
    {FIELD(struct delivery, user_id), .optional = true},
    {FIELD(struct delivery, status), .words = status_words},
    {FIELD(struct delivery, last_updated)},
    {FIELD(struct delivery, history), .of = &change_doc, .optional = true},
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

static struct change change_now(enum status to, const struct actor *actor)
{
	return (struct change){
	    .status = to,
	    .at.ms = clock_now_ms(),
	    .by = actor->by,
	    .user_id = actor->user_id,
	};
}

/* Makes a record with this history, which is in the last state of it. */
static enum err insert(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
		       struct change *history, size_t n)
{
	struct delivery delivery = {
	    .order_id = *order_id,
	    .user_id = user_id,
	    .status = history[n - 1].status,
	    .last_updated = history[n - 1].at,
	    .history = {history, n},
	};

	bson_oid_init(&delivery._id, NULL);
	return db_insert(ctx, collection, &delivery_doc, &delivery);
}

enum err delivery_start(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			const struct actor *actor)
{
	struct change history[] = {change_now(STATUS_PLACED, actor)};

	return insert(ctx, order_id, user_id, history, 1);
}

static enum err compare_and_set(struct ctx *ctx, const bson_oid_t *order_id, enum status from,
				const struct change *change)
{
	const char *to = status_words[change->status];
	bson_t *entry = ctx_bson(ctx, bson_new()), *filter, *update;

	if (!entry || shape_to_bson(entry, &change_doc, change))
		return ERR_UNAVAILABLE;
	filter = ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(order_id), "status",
					BCON_UTF8(status_words[from])));
	update = ctx_bson(ctx, BCON_NEW("$set", "{", "status", BCON_UTF8(to), "last_updated",
					BCON_DATE_TIME(change->at.ms), "}", "$push", "{", "history",
					BCON_DOCUMENT(entry), "}"));
	if (!filter || !update)
		return ERR_UNAVAILABLE;
	return db_update(NULL, ctx, collection, filter, update, false);
}

enum err delivery_move(struct ctx *ctx, const bson_oid_t *order_id, enum step step, enum status to,
		       const struct actor *actor)
{
	enum status from = status_before(step, to);
	struct change change;
	struct delivery now;
	enum err e = from == STATUS_COUNT ? ERR_NO_DOCUMENT : delivery_get(&now, ctx, order_id);

	if (e)
		return e == ERR_ORDER_NOT_FOUND ? ERR_NO_DOCUMENT : e;
	if (now.status != (int)from)
		return ERR_NO_DOCUMENT;
	change = change_now(to, actor);
	/* Another machine's clock may be ahead: a history doesn't go back in time. */
	if (change.at.ms < now.last_updated.ms)
		change.at = now.last_updated;
	return compare_and_set(ctx, order_id, from, &change);
}

/* ---- cancelling ---- */

static enum err cancel_placed(struct ctx *ctx, const bson_oid_t *order_id,
			      const struct actor *actor)
{
	return delivery_move(ctx, order_id, STEP_CANCEL, STATUS_CANCELLED, actor);
}

/* The record of an order of which nobody has told us yet; whoever tells finds it. */
static enum err start_cancelled(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
				const struct actor *actor)
{
	struct change history[] = {
	    change_now(STATUS_PLACED, &service),
	    change_now(STATUS_CANCELLED, actor),
	};

	history[1].at = history[0].at;
	return insert(ctx, order_id, user_id, history, 2);
}

enum err delivery_cancel(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			 const struct actor *actor)
{
	struct delivery now;
	enum err e = cancel_placed(ctx, order_id, actor);

	if (e != ERR_NO_DOCUMENT)
		return e;
	e = start_cancelled(ctx, order_id, user_id, actor);
	if (e != ERR_DUPLICATE)
		return e;
	/* There is a record: maybe only since the first look, and then it is PLACED. */
	e = cancel_placed(ctx, order_id, actor);
	if (e != ERR_NO_DOCUMENT)
		return e;
	e = delivery_get(&now, ctx, order_id);
	if (e)
		return e;
	return now.status == STATUS_CANCELLED ? OK : ERR_NOT_CANCELLABLE;
}
