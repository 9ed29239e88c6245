/* What the streams of orders have yet to be told, in the records of the orders. */
#include "stream_store.h"

#include "clock.h"
#include "db.h"

/* ---- who looks ---- */

enum err stream_want(struct ctx *ctx, const bson_oid_t *order_id)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(order_id)));
	/* The greater: somebody may be at it until then. He finds that somebody wanted it
	 * meanwhile. */
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$max", "{", "stream_due", BCON_DATE_TIME(clock_now_ms()), "}",
				   "$inc", "{", "stream_wanted", BCON_INT64(1), "}"));

	if (!filter || !update)
		return ERR_NO_MEMORY;
	delivery_append_states(filter, STATUS_COUNT);
	return db_update(NULL, ctx, delivery_collection, filter, update, false);
}

/* ---- claiming ---- */

struct waiting {
	bson_oid_t order_id;
	struct timestamp stream_due;
};

static const struct field waiting_fields[] = {
    {FIELD(struct waiting, order_id)},
    {FIELD(struct waiting, stream_due)},
};
static const struct shape waiting_doc = SHAPE(struct waiting, waiting_fields);

static const struct field claimed_fields[] = {
    {FIELD(struct delivery, _id)},
    {FIELD(struct delivery, order_id)},
    {FIELD(struct delivery, status), .values = order_status_names},
    {FIELD(struct delivery, last_updated)},
    /* Absent it is PLACED: it may have been told of nothing else without our knowing. */
    {FIELD(struct delivery, streamed), .values = order_status_names, .optional = true},
    {FIELD(struct delivery, stream_closed), .optional = true},
    {FIELD(struct delivery, stream_wanted), .optional = true},
    {FIELD(struct delivery, request_id), .optional = true},
    {FIELD(struct delivery, traceparent), .optional = true},
    {FIELD(struct delivery, change_request_id), .optional = true},
    {FIELD(struct delivery, change_traceparent), .optional = true},
};
static const struct shape claimed_doc = SHAPE(struct delivery, claimed_fields);

static enum err find_waiting(struct list *waiting, struct ctx *ctx, int64_t now)
{
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("stream_due", "{", "$lte", BCON_DATE_TIME(now), "}"));
	bson_t *oldest = ctx_bson(ctx, BCON_NEW("stream_due", BCON_INT32(1)));

	if (!filter || !oldest)
		return ERR_NO_MEMORY;
	return db_find(waiting, ctx, delivery_collection, &waiting_doc,
		       &(struct db_query){.filter = filter,
					  .sort = oldest,
					  .limit = STREAMS_READ,
					  .skip_malformed = true});
}

/* Compare and set: nobody took it since it was read. */
static enum err claim_each(struct ctx *ctx, const struct list *waiting, const bson_oid_t *by,
			   int64_t until)
{
	struct db_statement claims[STREAMS_READ];
	bson_t *update = ctx_bson(ctx, BCON_NEW("$set", "{", "stream_due", BCON_DATE_TIME(until),
						"stream_by", BCON_OID(by), "}"));
	int64_t matched;

	for (size_t i = 0; i < waiting->n; i++) {
		const struct waiting *w = (const struct waiting *)waiting->items + i;
		bson_t *filter =
		    ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(&w->order_id), "stream_due",
					   BCON_DATE_TIME(w->stream_due.ms)));

		if (!filter || !update)
			return ERR_NO_MEMORY;
		claims[i] = (struct db_statement){.filter = filter, .update = update};
	}
	return db_update_each(&matched, ctx, delivery_collection, claims, waiting->n);
}

enum err streams_claim(struct list *deliveries, struct ctx *ctx, const bson_oid_t *by)
{
	int64_t now = clock_now_ms(), until = now + STREAM_CLAIM_MS;
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("stream_due", BCON_DATE_TIME(until), "stream_by", BCON_OID(by)));
	struct list waiting;
	enum err e = filter ? find_waiting(&waiting, ctx, now) : ERR_NO_MEMORY;

	if (!e && !waiting.n) {
		*deliveries = (struct list){NULL, 0};
		return OK;
	}
	if (!e)
		e = claim_each(ctx, &waiting, by, until);
	if (e)
		return e;
	return db_find(deliveries, ctx, delivery_collection, &claimed_doc,
		       &(struct db_query){.filter = filter,
					  .limit = STREAMS_READ,
					  .skip_malformed = true});
}

/* ---- settling ---- */

enum stream_duty stream_duty(const struct delivery *delivery)
{
	if (delivery->streamed != delivery->status)
		return STREAM_TELL;
	return status_is_end((enum order_status)delivery->status) ? STREAM_CLOSE : STREAM_REMIND;
}

/* When there is something to do again: a stream that was told of the end is closed, and once more.
 * 0: never. */
static int64_t due_again(const struct delivery *delivery, int64_t closed)
{
	if (!status_is_end((enum order_status)delivery->status) || closed >= STREAM_CLOSINGS)
		return 0;
	return clock_now_ms() + (closed ? STREAM_AGAIN_MS : STREAM_CLOSE_MS);
}

/* {stream_wanted: as it was read}, which is none where nobody wanted it ever. */
static void append_wanted(bson_t *filter, const struct delivery *delivery)
{
	if (delivery->stream_wanted)
		BSON_APPEND_INT64(filter, "stream_wanted", delivery->stream_wanted);
	else
		BSON_APPEND_NULL(filter, "stream_wanted");
}

/* Nobody is at it any more, and nothing is to be done, but for what follows. */
static enum err settlement(struct db_statement *settled, struct ctx *ctx, const bson_oid_t *by,
			   const struct delivery *delivery)
{
	const char *told = order_status_names[delivery->status];
	bool closing = stream_duty(delivery) == STREAM_CLOSE;
	int64_t closed = closing ? delivery->stream_closed + 1 : 0;
	int64_t again = due_again(delivery, closed);
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(&delivery->order_id), "stream_by",
				   BCON_OID(by), "status", BCON_UTF8(told)));
	bson_t *update = ctx_bson(ctx, bson_new()), part;

	if (!filter || !update)
		return ERR_NO_MEMORY;
	append_wanted(filter, delivery);
	BSON_APPEND_DOCUMENT_BEGIN(update, "$set", &part);
	BCON_APPEND(&part, "streamed", BCON_UTF8(told), "stream_closed", BCON_INT64(closed));
	if (again)
		BSON_APPEND_DATE_TIME(&part, "stream_due", again);
	bson_append_document_end(update, &part);
	BSON_APPEND_DOCUMENT_BEGIN(update, "$unset", &part);
	BSON_APPEND_UTF8(&part, "stream_by", "");
	if (!again)
		BSON_APPEND_UTF8(&part, "stream_due", "");
	bson_append_document_end(update, &part);
	*settled = (struct db_statement){.filter = filter, .update = update};
	return OK;
}

/* Has a stream told anew where its record isn't in the state any more that it was told of: maybe
 * behind somebody who told of the new one. */
static enum err correction(struct db_statement *corrected, struct ctx *ctx,
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
	*corrected = (struct db_statement){.filter = filter, .update = update};
	return OK;
}

/* Has a stream told again of which somebody began to look since its record was read: he may have
 * come to another nginx than was told. */
static enum err reminder(struct db_statement *reminded, struct ctx *ctx, const bson_oid_t *by,
			 const struct delivery *delivery)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(&delivery->order_id),
						"stream_by", BCON_OID(by)));
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "stream_due", BCON_DATE_TIME(clock_now_ms()),
				   "streamed", BCON_UTF8(order_status_names[delivery->status]), "}",
				   "$unset", "{", "stream_by", BCON_UTF8(""), "}"));

	if (!filter || !update)
		return ERR_NO_MEMORY;
	*reminded = (struct db_statement){.filter = filter, .update = update};
	return OK;
}

enum err streams_settle(struct ctx *ctx, const bson_oid_t *by, const struct delivery *deliveries,
			size_t n)
{
	struct db_statement statements[STREAMS_READ] = {0};
	int64_t matched = 0;
	enum err e = n > STREAMS_READ ? ERR_INTERNAL : OK;

	for (size_t i = 0; i < n && !e; i++)
		e = settlement(&statements[i], ctx, by, &deliveries[i]);
	if (!e && n)
		e = db_update_each(&matched, ctx, delivery_collection, statements, n);
	if (e || matched == (int64_t)n)
		return e;
	for (size_t i = 0; i < n && !e; i++)
		e = correction(&statements[i], ctx, &deliveries[i]);
	if (!e)
		e = db_update_each(&matched, ctx, delivery_collection, statements, n);
	for (size_t i = 0; i < n && !e; i++)
		e = reminder(&statements[i], ctx, by, &deliveries[i]);
	return e ? e : db_update_each(&matched, ctx, delivery_collection, statements, n);
}

enum { STREAMS_COUNTED = 100000 }; /* at the most */

enum err streams_due(int64_t *n, struct ctx *ctx)
{
	bson_t *due =
	    ctx_bson(ctx, BCON_NEW("stream_due", "{", "$lte", BCON_DATE_TIME(clock_now_ms()), "}"));

	return due ? db_count(n, ctx, delivery_collection, due, STREAMS_COUNTED) : ERR_NO_MEMORY;
}
