/* Deliveries in the database: their records, moves, lists, and those that are due. */
#include "delivery_store.h"

#include "clock.h"
#include "db.h"
#include "delivery_adopt_store.h"
#include "id.h"

const char delivery_collection[] = "order_status";
int64_t delivery_step_seconds = 12;

static const struct actor service = {.by = "service"};

static const struct field change_fields[] = {
    {FIELD(struct change, status), .values = order_status_names},
    {FIELD(struct change, at)},
    {FIELD(struct change, by)},
    {FIELD(struct change, user_id), .optional = true},
};
static const struct shape change_doc = SHAPE(struct change, change_fields);

static const struct field fields[] = {
    {FIELD(struct delivery, _id)},
    {FIELD(struct delivery, order_id)},
    {FIELD(struct delivery, user_id), .optional = true},
    {FIELD(struct delivery, status), .values = order_status_names},
    {FIELD(struct delivery, last_updated)},
    {FIELD(struct delivery, history), .of = &change_doc, .optional = true},
    {FIELD(struct delivery, created_at), .optional = true},
    {FIELD(struct delivery, request_id), .optional = true},
    {FIELD(struct delivery, traceparent), .optional = true},
    {FIELD(struct delivery, due), .optional = true},
};
enum { N_FIELDS = sizeof fields / sizeof fields[0] };

static const struct shape delivery_doc = SHAPE(struct delivery, fields);
/* What is at its end is never due. */
static const struct shape ended_doc = {sizeof(struct delivery), fields, N_FIELDS - 1};

enum err delivery_get(struct delivery *delivery, struct ctx *ctx, const bson_oid_t *order_id)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(order_id)));
	struct delivery found = {0};
	enum err e;

	if (!filter)
		return ERR_NO_MEMORY;
	e = db_find_one(&found, ctx, delivery_collection, &delivery_doc, filter);
	if (e)
		return e == ERR_NO_DOCUMENT ? ERR_ORDER_NOT_FOUND : e;
	*delivery = found;
	return OK;
}

static struct change change_now(enum order_status to, const struct actor *actor)
{
	return (struct change){
	    .status = to,
	    .at.ms = clock_now_ms(),
	    .by = actor->by,
	    .user_id = actor->user_id,
	};
}

static int64_t next_due(void)
{
	return clock_now_ms() + delivery_step_seconds * 1000;
}

/* A record with this history, which is in the last state of it. */
static struct delivery record_of(const struct delivery_order *order, struct change *history,
				 size_t n)
{
	const struct change *last = &history[n - 1];
	struct delivery delivery = {
	    .order_id = order->order_id,
	    .user_id = order->user_id,
	    .status = last->status,
	    .last_updated = last->at,
	    .history = {history, n},
	    .created_at = history[0].at,
	    .due.ms = next_due(),
	    .request_id = order->request_id,
	    .traceparent = order->traceparent,
	};

	id_new(&delivery._id);
	return delivery;
}

static enum err insert(struct ctx *ctx, const struct delivery *delivery)
{
	bool ended = status_is_end((enum order_status)delivery->status);

	return db_insert(ctx, delivery_collection, ended ? &ended_doc : &delivery_doc, delivery);
}

enum err delivery_start(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			const struct actor *actor)
{
	struct change history[] = {change_now(STATUS_PLACED, actor)};
	struct delivery_order order = {*order_id, user_id, ctx->request_id, ctx->traceparent};
	struct delivery delivery = record_of(&order, history, 1);

	return insert(ctx, &delivery);
}

/* Those whose record was there before. */
static enum err adopt_known(struct ctx *ctx, const struct delivery_order *orders, size_t n,
			    const enum err *errors)
{
	const struct delivery_order **known = arena_array(ctx->arena, n, sizeof *known);
	size_t n_known = 0;

	if (!known)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		if (errors[i] == ERR_DUPLICATE)
			known[n_known++] = &orders[i];
		else if (errors[i])
			return errors[i];
	}
	return n_known ? deliveries_adopt(ctx, known, n_known) : OK;
}

enum err deliveries_start(struct ctx *ctx, const struct delivery_order *orders, size_t n,
			  const struct actor *actor)
{
	struct change history[] = {change_now(STATUS_PLACED, actor)};
	struct delivery *deliveries = arena_array(ctx->arena, n, sizeof *deliveries);
	const void **in = arena_array(ctx->arena, n, sizeof *in);
	enum err *errors = arena_array(ctx->arena, n, sizeof *errors), e;

	if (!deliveries || !in || !errors)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		deliveries[i] = record_of(&orders[i], history, 1);
		in[i] = &deliveries[i];
	}
	e = db_insert_each(errors, ctx, delivery_collection, &delivery_doc, in, n);
	return e ? e : adopt_known(ctx, orders, n, errors);
}

/* ---- moving ---- */

void delivery_take_ids(struct ctx *ctx, const struct delivery *delivery)
{
	if (delivery->change_request_id)
		ctx_set_ids(ctx, delivery->change_request_id, delivery->change_traceparent);
	else
		ctx_set_ids(ctx, delivery->request_id, delivery->traceparent);
}

/* The state and its time; when it is due and that its stream is to be told, which another may be
 * about to do: it reads the newest state, and nobody else may do so meanwhile (stream_store.h). */
static void append_change(bson_t *update, const struct ctx *ctx, const struct change *change,
			  const bson_t *entry)
{
	const char *to = order_status_names[change->status];
	bool ended = status_is_end((enum order_status)change->status);
	bool asked_for = ctx->parent_id[0]; /* and not the simulator's own doing */
	bson_t set, unset;

	BSON_APPEND_DOCUMENT_BEGIN(update, "$set", &set);
	BCON_APPEND(&set, "status", BCON_UTF8(to), "last_updated", BCON_DATE_TIME(change->at.ms));
	if (!ended)
		BSON_APPEND_DATE_TIME(&set, "due", next_due());
	if (asked_for)
		BCON_APPEND(&set, "change_request_id", BCON_UTF8(ctx->request_id),
			    "change_traceparent", BCON_UTF8(ctx->traceparent));
	bson_append_document_end(update, &set);
	BSON_APPEND_DOCUMENT_BEGIN(update, "$unset", &unset);
	if (ended)
		BSON_APPEND_UTF8(&unset, "due", "");
	if (!asked_for)
		BCON_APPEND(&unset, "change_request_id", BCON_UTF8(""), "change_traceparent",
			    BCON_UTF8(""));
	bson_append_document_end(update, &unset);
	BCON_APPEND(update, "$push", "{", "history", BCON_DOCUMENT(entry), "}", "$max", "{",
		    "stream_due", BCON_DATE_TIME(clock_now_ms()), "}");
}

/* Takes a record from the state in which it was read to `to`, unless it has left that; and where
 * `when_due`, unless it has another time at which it is due. */
static enum err prepare_move(struct db_statement *move, struct ctx *ctx, const struct delivery *now,
			     enum order_status to, const struct actor *actor, bool when_due)
{
	const char *from = order_status_names[now->status];
	struct change change = change_now(to, actor);
	bson_t *entry = ctx_bson(ctx, bson_new()), *update = ctx_bson(ctx, bson_new());
	bson_t *filter = ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(&now->order_id), "status",
						BCON_UTF8(from)));

	/* Another machine's clock may be ahead: a history doesn't go back in time. */
	if (change.at.ms < now->last_updated.ms)
		change.at = now->last_updated;
	if (!entry || !update || !filter || shape_to_bson(entry, &change_doc, &change))
		return ERR_NO_MEMORY;
	if (when_due)
		BSON_APPEND_DATE_TIME(filter, "due", now->due.ms);
	append_change(update, ctx, &change, entry);
	*move = (struct db_statement){.filter = filter, .update = update};
	return OK;
}

enum err delivery_move(struct ctx *ctx, const bson_oid_t *order_id, enum step step,
		       enum order_status to, const struct actor *actor)
{
	enum order_status from = status_before(step, to);
	struct db_statement move;
	struct delivery now;
	enum err e = from == STATUS_COUNT ? ERR_NO_DOCUMENT : delivery_get(&now, ctx, order_id);

	if (e)
		return e == ERR_ORDER_NOT_FOUND ? ERR_NO_DOCUMENT : e;
	if (now.status != (int)from)
		return ERR_NO_DOCUMENT;
	e = prepare_move(&move, ctx, &now, to, actor, false);
	return e ? e : db_update(NULL, ctx, delivery_collection, move.filter, move.update, false);
}

/* ---- cancelling ---- */

enum { CANCEL_TRIES = 3 };

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
	struct delivery_order order = {*order_id, user_id, ctx->request_id, ctx->traceparent};
	struct delivery delivery;

	history[1].at = history[0].at;
	delivery = record_of(&order, history, 2);
	return insert(ctx, &delivery);
}

/* One look and, where there is something to be done, one write. ERR_RETRY: the record was made or
 * moved in between. A write that changes nothing is not tried: the server has such a one wait for
 * other writes all the same. */
static enum err cancel_once(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			    const struct actor *actor)
{
	const struct delivery_order *order =
	    &(struct delivery_order){*order_id, user_id, NULL, NULL};
	struct delivery now;
	enum err e = delivery_get(&now, ctx, order_id);

	if (!e && !now.user_id)
		e = deliveries_adopt(ctx, &order, 1);
	if (e == ERR_ORDER_NOT_FOUND)
		e = start_cancelled(ctx, order_id, user_id, actor);
	else if (!e && now.status == STATUS_PLACED)
		e = cancel_placed(ctx, order_id, actor);
	else if (!e && now.status != STATUS_CANCELLED)
		e = ERR_NOT_CANCELLABLE;
	return e == ERR_DUPLICATE || e == ERR_NO_DOCUMENT ? ERR_RETRY : e;
}

enum err delivery_cancel(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			 const struct actor *actor)
{
	enum err e = ERR_RETRY;

	/* A record is made once, and leaves PLACED once. */
	for (int tries = 0; e == ERR_RETRY && tries < CANCEL_TRIES; tries++)
		e = cancel_once(ctx, order_id, user_id, actor);
	return e;
}

/* ---- lists ---- */

void delivery_append_states(bson_t *filter, enum order_status status)
{
	bson_t in, list;
	char digits[16];
	const char *key;
	uint32_t n = 0;

	if (status != STATUS_COUNT) {
		BSON_APPEND_UTF8(filter, "status", order_status_names[status]);
		return;
	}
	BSON_APPEND_DOCUMENT_BEGIN(filter, "status", &in);
	BSON_APPEND_ARRAY_BEGIN(&in, "$in", &list);
	for (status = 0; status < STATUS_COUNT; status++) {
		if (status_is_end(status))
			continue;
		bson_uint32_to_string(n++, &key, digits, sizeof digits);
		BSON_APPEND_UTF8(&list, key, order_status_names[status]);
	}
	bson_append_array_end(&in, &list);
	bson_append_document_end(filter, &in);
}

/* Narrows a filter to what comes behind an order. */
static enum err begin_after(bson_t *filter, struct ctx *ctx, const bson_oid_t *after)
{
	struct delivery last;
	enum err e = delivery_get(&last, ctx, after);

	if (e)
		return e;
	BCON_APPEND(filter, "$or", "[", "{", "created_at", "{", "$lt",
		    BCON_DATE_TIME(last.created_at.ms), "}", "}", "{", "created_at",
		    BCON_DATE_TIME(last.created_at.ms), "_id", "{", "$lt", BCON_OID(&last._id), "}",
		    "}", "]");
	return OK;
}

enum err deliveries_list(struct list *deliveries, struct ctx *ctx, enum order_status status,
			 const bson_oid_t *after, size_t limit)
{
	bson_t *filter = ctx_bson(ctx, bson_new());
	bson_t *newest =
	    ctx_bson(ctx, BCON_NEW("created_at", BCON_INT32(-1), "_id", BCON_INT32(-1)));
	enum err e = OK;

	if (!filter || !newest)
		return ERR_NO_MEMORY;
	delivery_append_states(filter, status);
	if (after)
		e = begin_after(filter, ctx, after);
	if (e)
		return e;
	return db_find(deliveries, ctx, delivery_collection, &delivery_doc,
		       &(struct db_query){.filter = filter,
					  .sort = newest,
					  .limit = limit,
					  .skip_malformed = true});
}

/* ---- what is due ---- */

static enum err find_due(struct list *due, struct ctx *ctx)
{
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("due", "{", "$lte", BCON_DATE_TIME(clock_now_ms()), "}"));
	bson_t *oldest = ctx_bson(ctx, BCON_NEW("due", BCON_INT32(1)));

	if (!filter || !oldest)
		return ERR_NO_MEMORY;
	return db_find(due, ctx, delivery_collection, &delivery_doc,
		       &(struct db_query){.filter = filter,
					  .sort = oldest,
					  .limit = DELIVERIES_DUE_READ,
					  .skip_malformed = true});
}

enum err deliveries_move_due(size_t *found, int64_t *moved, struct ctx *ctx,
			     const struct actor *actor)
{
	struct db_statement moves[DELIVERIES_DUE_READ];
	struct list due;
	size_t n = 0;
	enum err e = find_due(&due, ctx);

	if (e)
		return e;
	for (size_t i = 0; i < due.n && !e; i++) {
		const struct delivery *now = (const struct delivery *)due.items + i;
		enum order_status to = status_after((enum order_status)now->status);

		if (to != STATUS_COUNT)
			e = prepare_move(&moves[n++], ctx, now, to, actor, true);
	}
	*found = n;
	*moved = 0;
	return e || !n ? e : db_update_each(moved, ctx, delivery_collection, moves, n);
}
