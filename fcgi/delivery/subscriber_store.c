/* The streams that each user opened last, in the database. */
#include "subscriber_store.h"

#include <inttypes.h>

#include "clock.h"
#include "db.h"

static const char subscribers[] = "stream_subscribers";

int64_t streams_per_user;
bool streams_limited;

static const struct field stream_fields[] = {{FIELD(struct stream, _id)}};
static const struct shape stream_doc = SHAPE(struct stream, stream_fields);

static const struct field subscriber_fields[] = {
    {FIELD(struct subscriber, _id)},
    {FIELD(struct subscriber, streams), .of = &stream_doc},
    {FIELD(struct subscriber, ended_to), .optional = true},
};
static const struct shape subscriber_doc = SHAPE(struct subscriber, subscriber_fields);

static size_t n_displaced(const struct subscriber *subscriber, int64_t max_open)
{
	size_t n = subscriber->streams.n;

	return n > (size_t)max_open ? n - (size_t)max_open : 0;
}

/* ---- opening ---- */

/* A stage that sets the deadline to `when` if more than max_open streams are in the list, else
 * removes it. */
#define SET_DEADLINE(max_open, when)                                                          \
	"{", "$set", "{", "due", "{", "$cond", "[", "{", "$gt", "[", "{", "$size",            \
	    BCON_UTF8("$streams"), "}", BCON_INT64(max_open), "]", "}", BCON_DATE_TIME(when), \
	    BCON_UTF8("$$REMOVE"), "]", "}", "}", "}"

/* Refuses a stream for a full list. A full list without a deadline was filled under a higher
 * STREAMS_PER_USER: it gets one. */
static enum err refuse(struct ctx *ctx, const char *user_id)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(user_id), "due", "{", "$exists",
						BCON_BOOL(false), "}"));
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "due", BCON_DATE_TIME(clock_now_ms()), "}"));
	enum err e = ERR_NO_MEMORY;

	if (filter && update)
		e = db_update(NULL, ctx, subscribers, filter, update, false);
	return !e || e == ERR_NO_DOCUMENT ? ERR_TOO_MANY_REQUESTS : e;
}

enum err subscriber_add(bool *displaces, struct ctx *ctx, const char *user_id,
			const bson_oid_t *stream, int64_t max_open)
{
	const char *last =
	    arena_printf(ctx->arena, "streams.%" PRId64, max_open + OPENS_PER_MINUTE - 1);
	int64_t now = clock_now_ms();
	struct subscriber after;
	bson_t *filter, *update;
	enum err e;

	if (!last)
		return ERR_NO_MEMORY;
	/* The upsert fails with ERR_DUPLICATE if the list is full: its document doesn't match. */
	filter = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(user_id), last, "{", "$exists",
					BCON_BOOL(false), "}"));
	/* clang-format off */
	update = ctx_bson(ctx, BCON_NEW(
		"0", "{", "$set", "{",
			"at", BCON_DATE_TIME(now),
			"streams", "{", "$concatArrays", "[",
				"{", "$ifNull", "[", BCON_UTF8("$streams"), "[", "]", "]", "}",
				"[", "{", "_id", BCON_OID(stream), "}", "]",
			"]", "}",
		"}", "}",
		"1", SET_DEADLINE(max_open, now)));
	/* clang-format on */
	if (!filter || !update)
		return ERR_NO_MEMORY;
	e = db_update_and_get(&after, ctx, subscribers, &subscriber_doc, filter, update, true);
	if (e == ERR_DUPLICATE)
		return refuse(ctx, user_id);
	if (!e)
		*displaces = n_displaced(&after, max_open) > 0;
	return e;
}

/* ---- claiming ---- */

struct overdue_user {
	const char *_id;
	struct timestamp deadline;
};

static const struct field overdue_fields[] = {
    {FIELD(struct overdue_user, _id)},
    /* stored as `due` */
    {.name = "due", .offset = offsetof(struct overdue_user, deadline), .type = FIELD_TIME},
};
static const struct shape overdue_doc = SHAPE(struct overdue_user, overdue_fields);

enum { OVERDUE_READ = 16 }; /* users: another process may claim the first ones meanwhile */

enum err subscriber_claim(struct subscriber *subscriber, struct ctx *ctx, int64_t max_open)
{
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("due", "{", "$lte", BCON_DATE_TIME(clock_now_ms()), "}"));
	bson_t *oldest = ctx_bson(ctx, BCON_NEW("due", BCON_INT32(1)));
	bson_t *fields = ctx_bson(ctx, BCON_NEW("due", BCON_INT32(1)));
	struct list users;
	enum err e;

	if (!filter || !oldest || !fields)
		return ERR_NO_MEMORY;
	e = db_find(&users, ctx, subscribers, &overdue_doc,
		    &(struct db_query){.filter = filter,
				       .sort = oldest,
				       .fields = fields,
				       .limit = OVERDUE_READ,
				       .skip_malformed = true});
	if (e)
		return e;
	/* Each by compare-and-set, until one is claimed. ERR_NO_DOCUMENT: another process claimed
	 * the user, or the user opened a stream. */
	e = ERR_NO_DOCUMENT;
	for (size_t i = 0; i < users.n && e == ERR_NO_DOCUMENT; i++) {
		const struct overdue_user *user = (const struct overdue_user *)users.items + i;
		int64_t lease_end = clock_now_ms() + (int64_t)DISPLACED_LEASE_MS;
		bson_t *unclaimed = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(user->_id), "due",
							   BCON_DATE_TIME(user->deadline.ms)));
		bson_t *update = ctx_bson(ctx, BCON_NEW("0", SET_DEADLINE(max_open, lease_end)));

		if (!unclaimed || !update)
			return ERR_NO_MEMORY;
		e = db_update_and_get(subscriber, ctx, subscribers, &subscriber_doc, unclaimed,
				      update, false);
	}
	return e;
}

/* ---- displaced streams ---- */

int64_t stream_opened(const struct stream *stream)
{
	return (int64_t)bson_oid_get_time_t(&stream->_id) * 1000;
}

struct displaced subscriber_displaced(const struct subscriber *subscriber, int64_t max_open,
				      int64_t now)
{
	const struct stream *streams = subscriber->streams.items;
	struct displaced displaced = {.n = n_displaced(subscriber, max_open)};

	for (size_t i = 0; i < displaced.n; i++) {
		int64_t age = now - stream_opened(&streams[i]);

		if (bson_oid_equal(&streams[i]._id, &subscriber->ended_to))
			displaced.ended = i + 1;
		if (displaced.connected == i && age >= STREAM_CONNECTED_MS)
			displaced.connected++;
		if (displaced.old == i && age >= DISPLACED_KEPT_MS)
			displaced.old++;
	}
	if (displaced.connected < displaced.ended)
		displaced.connected = displaced.ended;
	return displaced;
}

enum err subscriber_record_ended(struct ctx *ctx, const struct subscriber *subscriber, size_t ended,
				 size_t removed, int64_t deadline)
{
	const struct stream *streams = subscriber->streams.items;
	bson_oid_t *ids = arena_array(ctx->arena, removed ? removed : 1, sizeof *ids);
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(subscriber->_id)));
	bson_t *update = ctx_bson(ctx, BCON_NEW("$min", "{", "due", BCON_DATE_TIME(deadline), "}"));
	bson_t pull, condition;

	if (!ids || !filter || !update)
		return ERR_NO_MEMORY;
	if (ended)
		BCON_APPEND(update, "$set", "{", "ended_to", BCON_OID(&streams[ended - 1]._id),
			    "}");
	for (size_t i = 0; i < removed; i++)
		ids[i] = streams[i]._id;
	BSON_APPEND_DOCUMENT_BEGIN(update, "$pull", &pull);
	BSON_APPEND_DOCUMENT_BEGIN(&pull, "streams", &condition);
	db_append_ids(&condition, "_id", ids, removed);
	bson_append_document_end(&pull, &condition);
	bson_append_document_end(update, &pull);
	return db_update(NULL, ctx, subscribers, filter, update, false);
}
