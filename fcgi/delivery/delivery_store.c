/* Deliveries in the database: how they are created, moved, cancelled and listed. */
#include "delivery_store.h"

#include "clock.h"
#include "db.h"
#include "delivery_owner_store.h"
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
    /* The last: a delivery at its end has no deadline. Stored as `due`. */
    {.name = "due",
     .offset = offsetof(struct delivery, deadline),
     .type = FIELD_TIME,
     .optional = true},
};
enum { N_FIELDS = sizeof fields / sizeof fields[0] };

static const struct shape delivery_doc = SHAPE(struct delivery, fields);
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

static int64_t next_deadline(void)
{
	return clock_now_ms() + delivery_step_seconds * 1000;
}

/* A new delivery with this history, in its last status. */
static struct delivery new_delivery(const struct delivery_order *order, struct change *history,
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
	    .deadline.ms = next_deadline(),
	    .request_id = order->request_id,
	    .traceparent = order->traceparent,
	};

	id_new(&delivery._id);
	return delivery;
}

enum err delivery_create(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			 const struct actor *actor)
{
	struct change history[] = {change_now(STATUS_PLACED, actor)};
	struct delivery_order order = {*order_id, user_id, ctx->request_id, ctx->traceparent};
	struct delivery delivery = new_delivery(&order, history, 1);

	return db_insert(ctx, delivery_collection, &delivery_doc, &delivery);
}

enum err deliveries_create(struct ctx *ctx, const struct delivery_order *orders, size_t n,
			   const struct actor *actor)
{
	struct change history[] = {change_now(STATUS_PLACED, actor)};
	struct delivery *deliveries = arena_array(ctx->arena, n, sizeof *deliveries);
	const void **in = arena_array(ctx->arena, n, sizeof *in);
	const struct delivery_order **existing = arena_array(ctx->arena, n, sizeof *existing);
	enum err *errors = arena_array(ctx->arena, n, sizeof *errors), e;
	size_t n_existing = 0;

	if (!deliveries || !in || !existing || !errors)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		deliveries[i] = new_delivery(&orders[i], history, 1);
		in[i] = &deliveries[i];
	}
	e = db_insert_each(errors, ctx, delivery_collection, &delivery_doc, in, n);
	for (size_t i = 0; i < n && !e; i++) {
		if (errors[i] == ERR_DUPLICATE)
			existing[n_existing++] = &orders[i];
		else
			e = errors[i];
	}
	return e || !n_existing ? e : deliveries_set_missing_users(ctx, existing, n_existing);
}

/* ---- moving ---- */

void delivery_set_trace(struct ctx *ctx, const struct delivery *delivery)
{
	if (delivery->change_request_id)
		ctx_set_ids(ctx, delivery->change_request_id, delivery->change_traceparent);
	else
		ctx_set_ids(ctx, delivery->request_id, delivery->traceparent);
}

/* Appends the new status, its entry of the history, the simulator's deadline, and the mark that the
 * status is not published. $max leaves the mark of a process that is publishing: its lease ends
 * later, and when it is done it finds that the status has changed (stream_store.h). */
static void append_change(bson_t *update, const struct ctx *ctx, const struct change *change,
			  const bson_t *entry)
{
	const char *to = order_status_names[change->status];
	bool ended = status_is_end((enum order_status)change->status);
	bool caused_by_call = ctx->parent_id[0]; /* the simulator has no parent */
	bson_t set, unset;

	BSON_APPEND_DOCUMENT_BEGIN(update, "$set", &set);
	BCON_APPEND(&set, "status", BCON_UTF8(to), "last_updated", BCON_DATE_TIME(change->at.ms));
	if (!ended)
		BSON_APPEND_DATE_TIME(&set, "due", next_deadline());
	if (caused_by_call)
		BCON_APPEND(&set, "change_request_id", BCON_UTF8(ctx->request_id),
			    "change_traceparent", BCON_UTF8(ctx->traceparent));
	bson_append_document_end(update, &set);
	BSON_APPEND_DOCUMENT_BEGIN(update, "$unset", &unset);
	if (ended)
		BSON_APPEND_UTF8(&unset, "due", "");
	if (!caused_by_call)
		BCON_APPEND(&unset, "change_request_id", BCON_UTF8(""), "change_traceparent",
			    BCON_UTF8(""));
	bson_append_document_end(update, &unset);
	BCON_APPEND(update, "$push", "{", "history", BCON_DOCUMENT(entry), "}", "$max", "{",
		    "stream_due", BCON_DATE_TIME(clock_now_ms()), "}");
}

/* Prepares the compare-and-set that moves a delivery from the status that was read to `to`.
 * if_overdue: only if its deadline is unchanged, too. */
static enum err prepare_move(struct db_statement *move, struct ctx *ctx, const struct delivery *now,
			     enum order_status to, const struct actor *actor, bool if_overdue)
{
	const char *from = order_status_names[now->status];
	struct change change = change_now(to, actor);
	bson_t *entry = ctx_bson(ctx, bson_new()), *update = ctx_bson(ctx, bson_new());
	bson_t *filter = ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(&now->order_id), "status",
						BCON_UTF8(from)));

	/* Times in a history never decrease, even if another machine's clock is ahead. */
	if (change.at.ms < now->last_updated.ms)
		change.at = now->last_updated;
	if (!entry || !update || !filter || shape_to_bson(entry, &change_doc, &change))
		return ERR_NO_MEMORY;
	if (if_overdue)
		BSON_APPEND_DATE_TIME(filter, "due", now->deadline.ms);
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

/* Creates the cancelled delivery of an order of which this service was not notified yet. A later
 * notification finds the delivery. */
static enum err create_cancelled(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
				 const struct actor *actor)
{
	struct change history[] = {
	    change_now(STATUS_PLACED, &service),
	    change_now(STATUS_CANCELLED, actor),
	};
	struct delivery_order order = {*order_id, user_id, ctx->request_id, ctx->traceparent};
	struct delivery delivery;

	history[1].at = history[0].at;
	delivery = new_delivery(&order, history, 2);
	return db_insert(ctx, delivery_collection, &ended_doc, &delivery);
}

enum err delivery_cancel(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			 const struct actor *actor)
{
	const struct delivery_order *order =
	    &(struct delivery_order){*order_id, user_id, NULL, NULL};

	/* A delivery is created once, and leaves PLACED once: the third try can't be interrupted.
	 */
	for (int tries = 0; tries < CANCEL_TRIES; tries++) {
		struct delivery now;
		enum err e = delivery_get(&now, ctx, order_id);

		if (!e && !now.user_id)
			e = deliveries_set_missing_users(ctx, &order, 1);
		/* An update without effect is not sent: the server would make it wait for other
		 * writes of the document all the same. */
		if (e == ERR_ORDER_NOT_FOUND)
			e = create_cancelled(ctx, order_id, user_id, actor);
		else if (!e && now.status == STATUS_PLACED)
			e = delivery_move(ctx, order_id, STEP_CANCEL, STATUS_CANCELLED, actor);
		else if (!e && now.status != STATUS_CANCELLED)
			e = ERR_NOT_CANCELLABLE;
		if (e != ERR_DUPLICATE && e != ERR_NO_DOCUMENT)
			return e;
		/* Another call created or moved the delivery since it was read. */
	}
	return ERR_RETRY;
}

/* ---- lists ---- */

void delivery_append_status_filter(bson_t *filter, enum order_status status)
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

enum err deliveries_list(struct list *deliveries, struct ctx *ctx, enum order_status status,
			 const bson_oid_t *after, size_t limit)
{
	bson_t *filter = ctx_bson(ctx, bson_new());
	bson_t *newest =
	    ctx_bson(ctx, BCON_NEW("created_at", BCON_INT32(-1), "_id", BCON_INT32(-1)));
	struct delivery last;
	enum err e;

	if (!filter || !newest)
		return ERR_NO_MEMORY;
	delivery_append_status_filter(filter, status);
	if (after) {
		e = delivery_get(&last, ctx, after);
		if (e)
			return e;
		BCON_APPEND(filter, "$or", "[", "{", "created_at", "{", "$lt",
			    BCON_DATE_TIME(last.created_at.ms), "}", "}", "{", "created_at",
			    BCON_DATE_TIME(last.created_at.ms), "_id", "{", "$lt",
			    BCON_OID(&last._id), "}", "}", "]");
	}
	return db_find(deliveries, ctx, delivery_collection, &delivery_doc,
		       &(struct db_query){.filter = filter,
					  .sort = newest,
					  .limit = limit,
					  .skip_malformed = true});
}

/* ---- past their deadline ---- */

enum err deliveries_move_overdue(size_t *found, int64_t *moved, struct ctx *ctx,
				 const struct actor *actor)
{
	struct db_statement moves[DELIVERIES_OVERDUE_READ];
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("due", "{", "$lte", BCON_DATE_TIME(clock_now_ms()), "}"));
	bson_t *oldest = ctx_bson(ctx, BCON_NEW("due", BCON_INT32(1)));
	struct list overdue;
	size_t n = 0;
	enum err e;

	if (!filter || !oldest)
		return ERR_NO_MEMORY;
	e = db_find(&overdue, ctx, delivery_collection, &delivery_doc,
		    &(struct db_query){.filter = filter,
				       .sort = oldest,
				       .limit = DELIVERIES_OVERDUE_READ,
				       .skip_malformed = true});
	if (e)
		return e;
	for (size_t i = 0; i < overdue.n && !e; i++) {
		const struct delivery *now = (const struct delivery *)overdue.items + i;
		enum order_status to = status_after((enum order_status)now->status);

		if (to != STATUS_COUNT)
			e = prepare_move(&moves[n++], ctx, now, to, actor, true);
	}
	*found = n;
	*moved = 0;
	return e || !n ? e : db_update_each(moved, ctx, delivery_collection, moves, n);
}
