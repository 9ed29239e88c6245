#include "outbox.h"

#include <pthread.h>

#include "background.h"
#include "clock.h"
#include "db.h"
#include "log.h"
#include "rest.h"

enum {
	TELL_AT_ONCE_MS = 300, /* of the client's time */
	TELL_LATER_MS = 1000,
	FIRST_DUE_MS = 3000, /* time for telling at once and taking out, before the job looks */
	LEASE_MS = 2000,     /* while one process tells it, another doesn't */
	REFUSED_MS = 60000,  /* until an entry that delivery refuses is tried again */
	BATCH = 100,
	TOLD_MAX = 4096,
};

struct entry {
	bson_oid_t _id; /* the order's */
	const char *user_id;
	struct timestamp due;
	const char *request_id, *traceparent; /* of the call that made the order */
};

static const struct field fields[] = {
    {FIELD(struct entry, _id)},         {FIELD(struct entry, user_id)},
    {FIELD(struct entry, due)},         {FIELD(struct entry, request_id)},
    {FIELD(struct entry, traceparent)},
};
static const struct shape entry_doc = SHAPE(struct entry, fields);

const char outbox_collection[] = "outbox";

enum err outbox_add(struct ctx *ctx, const struct order *order)
{
	struct entry entry = {
	    ._id = order->_id,
	    .user_id = order->user_id,
	    .due.ms = clock_now_ms() + FIRST_DUE_MS,
	    .request_id = ctx->request_id,
	    .traceparent = ctx->traceparent,
	};

	return db_insert(ctx, outbox_collection, &entry_doc, &entry);
}

/* ---- told: their entries are taken out together, behind the client's back ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bson_oid_t told[TOLD_MAX];
static size_t n_told;

/* Notes that an order's entry is done with. One that doesn't fit is told again, later. */
static void note_told(const bson_oid_t *order_id)
{
	pthread_mutex_lock(&lock);
	if (n_told < TOLD_MAX)
		told[n_told++] = *order_id;
	pthread_mutex_unlock(&lock);
}

/* Builds the filter for all that was told, and forgets them. */
static size_t take_told(bson_t *filter)
{
	bson_t in, ids;
	size_t n;

	BSON_APPEND_DOCUMENT_BEGIN(filter, "_id", &in);
	BSON_APPEND_ARRAY_BEGIN(&in, "$in", &ids);
	pthread_mutex_lock(&lock);
	n = n_told;
	for (size_t i = 0; i < n; i++)
		BSON_APPEND_OID(&ids, "0", &told[i]);
	n_told = 0;
	pthread_mutex_unlock(&lock);
	bson_append_array_end(&in, &ids);
	bson_append_document_end(filter, &in);
	return n;
}

static enum err take_out_told(struct ctx *ctx)
{
	bson_t *filter = ctx_bson(ctx, bson_new());
	int64_t n;

	if (!filter)
		return ERR_UNAVAILABLE;
	if (!take_told(filter))
		return OK;
	return db_delete(&n, ctx, outbox_collection, filter);
}

/* ---- telling ---- */

/* Tells delivery of an order. ERR_UNAVAILABLE: it is away; ERR_INTERNAL: it refuses, logged. */
static enum err tell(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
		     long timeout_ms)
{
	struct rest_answer answer;
	struct rest_call call = {.method = "POST", .timeout_ms = timeout_ms};
	char id[25];

	bson_oid_to_string(order_id, id);
	call.path = arena_printf(ctx->arena, "/order/%s/update-status", id);
	/* A user id is of letters, digits, - and _: nothing in it needs escaping. */
	call.body = arena_printf(ctx->arena, "{\"status\":\"PLACED\",\"user_id\":\"%s\"}", user_id);
	if (!call.path || !call.body || rest_do(&answer, ctx, &call) || answer.status >= 500)
		return ERR_UNAVAILABLE;
	if (answer.status != 200) {
		log_event(LOG_ERROR, ctx, "delivery refuses order %s with %d", id, answer.status);
		return ERR_INTERNAL;
	}
	note_told(order_id);
	return OK;
}

void outbox_tell(struct ctx *ctx, const struct order *order)
{
	if (tell(ctx, &order->_id, order->user_id, TELL_AT_ONCE_MS))
		log_event(LOG_WARNING, ctx, "delivery isn't told yet: left to the outbox");
}

/* Puts an entry off, if it is still due at the time that we know. ERR_NO_DOCUMENT where another
 * process was first. */
static enum err put_off(struct ctx *ctx, struct entry *entry, int64_t by_ms)
{
	int64_t due = clock_now_ms() + by_ms;
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_OID(&entry->_id), "due",
						BCON_DATE_TIME(entry->due.ms)));
	bson_t *update = ctx_bson(ctx, BCON_NEW("$set", "{", "due", BCON_DATE_TIME(due), "}"));
	enum err e;

	if (!filter || !update)
		return ERR_UNAVAILABLE;
	e = db_update(NULL, ctx, outbox_collection, filter, update, false);
	if (!e)
		entry->due.ms = due;
	return e;
}

static enum err find_due(struct list *entries, struct ctx *ctx)
{
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("due", "{", "$lte", BCON_DATE_TIME(clock_now_ms()), "}"));
	bson_t *oldest = ctx_bson(ctx, BCON_NEW("due", BCON_INT32(1)));

	if (!filter || !oldest)
		return ERR_UNAVAILABLE;
	return db_find(entries, ctx, outbox_collection, &entry_doc,
		       &(struct db_query){.filter = filter, .sort = oldest, .limit = BATCH});
}

/* Tells one entry, under the ids of the call that made the order. */
static enum err tell_due(struct ctx *ctx, struct entry *entry)
{
	enum err e = put_off(ctx, entry, LEASE_MS);

	if (e)
		return e == ERR_NO_DOCUMENT ? OK : e;
	ctx_set_ids(ctx, entry->request_id, entry->traceparent);
	e = tell(ctx, &entry->_id, entry->user_id, TELL_LATER_MS);
	if (!e)
		log_event(LOG_INFO, ctx, "delivery told from the outbox");
	/* What is refused mustn't hold up the others. */
	if (e == ERR_INTERNAL)
		e = put_off(ctx, entry, REFUSED_MS);
	return e == ERR_NO_DOCUMENT ? OK : e;
}

void outbox_run(struct ctx *ctx)
{
	struct list due = {NULL, 0};
	enum err e = take_out_told(ctx);

	if (!e)
		e = find_due(&due, ctx);
	/* The first failure ends the round: delivery, or the database, is away for all of them. */
	for (size_t i = 0; i < due.n && !e && !background_stopping(); i++)
		e = tell_due(ctx, (struct entry *)due.items + i);
	/* At once, before their lease is over and another process tells them again. */
	if (due.n)
		(void)!take_out_told(ctx);
}
