/* The outbox of event streams: claims and marks in the deliveries. */
#include "stream_store.h"

#include "clock.h"
#include "db.h"

enum err stream_request_replay(struct ctx *ctx, const bson_oid_t *order_id)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(order_id)));
	/* $max leaves the lease of a process that has claimed the delivery. That process finds the
	 * request when it is done. */
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$max", "{", "stream_due", BCON_DATE_TIME(clock_now_ms()), "}",
				   "$inc", "{", "stream_wanted", BCON_INT64(1), "}"));

	if (!filter || !update)
		return ERR_NO_MEMORY;
	delivery_append_status_filter(filter, STATUS_COUNT);
	return db_update(NULL, ctx, delivery_collection, filter, update, false);
}

/* ---- claiming ---- */

struct pending {
	bson_oid_t order_id;
	struct timestamp stream_due;
};

static const struct field pending_fields[] = {
    {FIELD(struct pending, order_id)},
    {FIELD(struct pending, stream_due)},
};
static const struct shape pending_doc = SHAPE(struct pending, pending_fields);

static const struct field claimed_fields[] = {
    {FIELD(struct delivery, _id)},
    {FIELD(struct delivery, order_id)},
    {FIELD(struct delivery, status), .values = order_status_names},
    {FIELD(struct delivery, last_updated)},
    /* If it is absent, no status but PLACED can have been published. Stored as `streamed`. */
    {.name = "streamed",
     .offset = offsetof(struct delivery, published),
     .type = FIELD_ENUM,
     .values = order_status_names,
     .optional = true},
    {.name = "stream_closed",
     .offset = offsetof(struct delivery, closes),
     .type = FIELD_INT,
     .optional = true},
    {.name = "stream_wanted",
     .offset = offsetof(struct delivery, replay_requests),
     .type = FIELD_INT,
     .optional = true},
    {FIELD(struct delivery, request_id), .optional = true},
    {FIELD(struct delivery, traceparent), .optional = true},
    {FIELD(struct delivery, change_request_id), .optional = true},
    {FIELD(struct delivery, change_traceparent), .optional = true},
};
static const struct shape claimed_doc = SHAPE(struct delivery, claimed_fields);

/* Claims each by compare-and-set, unless another process did since it was read. */
static enum err claim_each(struct ctx *ctx, const struct list *pending, const bson_oid_t *claim,
			   int64_t lease_end)
{
	struct db_statement claims[STREAMS_READ];
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "stream_due", BCON_DATE_TIME(lease_end),
				   "stream_by", BCON_OID(claim), "}"));
	int64_t matched;

	for (size_t i = 0; i < pending->n; i++) {
		const struct pending *p = (const struct pending *)pending->items + i;
		bson_t *filter =
		    ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(&p->order_id), "stream_due",
					   BCON_DATE_TIME(p->stream_due.ms)));

		if (!filter || !update)
			return ERR_NO_MEMORY;
		claims[i] = (struct db_statement){.filter = filter, .update = update};
	}
	return db_update_each(&matched, ctx, delivery_collection, claims, pending->n);
}

enum err streams_claim(struct list *deliveries, struct ctx *ctx, const bson_oid_t *claim)
{
	int64_t now = clock_now_ms(), lease_end = now + STREAM_LEASE_MS;
	bson_t *is_pending =
	    ctx_bson(ctx, BCON_NEW("stream_due", "{", "$lte", BCON_DATE_TIME(now), "}"));
	bson_t *oldest = ctx_bson(ctx, BCON_NEW("stream_due", BCON_INT32(1)));
	bson_t *is_claimed = ctx_bson(ctx, BCON_NEW("stream_due", BCON_DATE_TIME(lease_end),
						    "stream_by", BCON_OID(claim)));
	struct list pending;
	enum err e;

	if (!is_pending || !oldest || !is_claimed)
		return ERR_NO_MEMORY;
	e = db_find(&pending, ctx, delivery_collection, &pending_doc,
		    &(struct db_query){.filter = is_pending,
				       .sort = oldest,
				       .limit = STREAMS_READ,
				       .skip_malformed = true});
	if (e)
		return e;
	if (!pending.n) {
		*deliveries = (struct list){NULL, 0};
		return OK;
	}
	e = claim_each(ctx, &pending, claim, lease_end);
	if (e)
		return e;
	return db_find(deliveries, ctx, delivery_collection, &claimed_doc,
		       &(struct db_query){.filter = is_claimed,
					  .limit = STREAMS_READ,
					  .skip_malformed = true});
}

/* ---- marking ---- */

enum stream_step stream_next_step(const struct delivery *delivery)
{
	if (delivery->published != delivery->status)
		return STREAM_PUBLISH;
	return status_is_end((enum order_status)delivery->status) ? STREAM_CLOSE : STREAM_REPLAY;
}

/* Marks a step as done if the claim still holds, and neither the status nor the number of replay
 * requests has changed since the delivery was read. The channel of an ended order is pending again
 * until it was closed STREAM_CLOSES times. */
static enum err prepare_dispatched(struct db_statement *statement, struct ctx *ctx,
				   const bson_oid_t *claim, const struct delivery *delivery)
{
	const char *status = order_status_names[delivery->status];
	bool closed = stream_next_step(delivery) == STREAM_CLOSE;
	int64_t closes = closed ? delivery->closes + 1 : 0;
	bool is_pending =
	    status_is_end((enum order_status)delivery->status) && closes < STREAM_CLOSES;
	int64_t pause_ms = closes ? STREAM_RECLOSE_MS : STREAM_CLOSE_MS;
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(&delivery->order_id), "stream_by",
				   BCON_OID(claim), "status", BCON_UTF8(status)));
	bson_t *update = ctx_bson(ctx, bson_new()), part;

	if (!filter || !update)
		return ERR_NO_MEMORY;
	/* null matches an absent field */
	if (delivery->replay_requests)
		BSON_APPEND_INT64(filter, "stream_wanted", delivery->replay_requests);
	else
		BSON_APPEND_NULL(filter, "stream_wanted");
	BSON_APPEND_DOCUMENT_BEGIN(update, "$set", &part);
	BCON_APPEND(&part, "streamed", BCON_UTF8(status), "stream_closed", BCON_INT64(closes));
	if (is_pending)
		BSON_APPEND_DATE_TIME(&part, "stream_due", clock_now_ms() + pause_ms);
	bson_append_document_end(update, &part);
	BSON_APPEND_DOCUMENT_BEGIN(update, "$unset", &part);
	BSON_APPEND_UTF8(&part, "stream_by", "");
	if (!is_pending)
		BSON_APPEND_UTF8(&part, "stream_due", "");
	bson_append_document_end(update, &part);
	*statement = (struct db_statement){.filter = filter, .update = update};
	return OK;
}

/* Has the status published again if it has changed since the delivery was read: the old one may
 * have been published after another process had published the new one. */
static enum err prepare_publish(struct db_statement *statement, struct ctx *ctx,
				const struct delivery *delivery)
{
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(&delivery->order_id), "status", "{", "$ne",
				   BCON_UTF8(order_status_names[delivery->status]), "}"));
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "stream_due", BCON_DATE_TIME(clock_now_ms()), "}",
				   "$unset", "{", "stream_by", BCON_UTF8(""), "streamed",
				   BCON_UTF8(""), "stream_closed", BCON_UTF8(""), "}"));

	if (!filter || !update)
		return ERR_NO_MEMORY;
	*statement = (struct db_statement){.filter = filter, .update = update};
	return OK;
}

/* Has the status replayed if the claim still holds, so that a client subscribed since the delivery
 * was read: its stream may be at another nginx than the one that got the status. */
static enum err prepare_replay(struct db_statement *statement, struct ctx *ctx,
			       const bson_oid_t *claim, const struct delivery *delivery)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(&delivery->order_id),
						"stream_by", BCON_OID(claim)));
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "stream_due", BCON_DATE_TIME(clock_now_ms()),
				   "streamed", BCON_UTF8(order_status_names[delivery->status]), "}",
				   "$unset", "{", "stream_by", BCON_UTF8(""), "}"));

	if (!filter || !update)
		return ERR_NO_MEMORY;
	*statement = (struct db_statement){.filter = filter, .update = update};
	return OK;
}

enum err streams_mark_dispatched(struct ctx *ctx, const bson_oid_t *claim,
				 const struct delivery *deliveries, size_t n)
{
	struct db_statement statements[STREAMS_READ] = {0};
	int64_t matched = 0;
	enum err e = n > STREAMS_READ ? ERR_INTERNAL : OK;

	for (size_t i = 0; i < n && !e; i++)
		e = prepare_dispatched(&statements[i], ctx, claim, &deliveries[i]);
	if (!e && n)
		e = db_update_each(&matched, ctx, delivery_collection, statements, n);
	if (e || matched == (int64_t)n)
		return e;
	/* Something changed meanwhile. Each of these updates matches only where it applies. */
	for (size_t i = 0; i < n && !e; i++)
		e = prepare_publish(&statements[i], ctx, &deliveries[i]);
	if (!e)
		e = db_update_each(&matched, ctx, delivery_collection, statements, n);
	for (size_t i = 0; i < n && !e; i++)
		e = prepare_replay(&statements[i], ctx, claim, &deliveries[i]);
	return e ? e : db_update_each(&matched, ctx, delivery_collection, statements, n);
}

enum { PENDING_COUNTED_MAX = 100000 };

enum err streams_count_pending(int64_t *n, struct ctx *ctx)
{
	bson_t *pending =
	    ctx_bson(ctx, BCON_NEW("stream_due", "{", "$lte", BCON_DATE_TIME(clock_now_ms()), "}"));

	if (!pending)
		return ERR_NO_MEMORY;
	return db_count(n, ctx, delivery_collection, pending, PENDING_COUNTED_MAX);
}
