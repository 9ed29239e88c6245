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

static size_t n_displaced(const struct subscriber *subscriber, int64_t most)
{
	size_t n = subscriber->streams.n;

	return n > (size_t)most ? n - (size_t)most : 0;
}

/* ---- opening ---- */

/* The user, unless the list is full. An upsert then finds that the document exists. */
static bson_t *with_room(struct ctx *ctx, const char *user_id, int64_t most)
{
	const char *last =
	    arena_printf(ctx->arena, "streams.%" PRId64, most + OPENS_PER_MINUTE - 1);

	if (!last)
		return NULL;
	return ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(user_id), last, "{", "$exists",
				      BCON_BOOL(false), "}"));
}

/* {due: <when>} where more than `most` streams are in the list, else none. */
#define SET_DUE(most, when)                                                               \
	"{", "$set", "{", "due", "{", "$cond", "[", "{", "$gt", "[", "{", "$size",        \
	    BCON_UTF8("$streams"), "}", BCON_INT64(most), "]", "}", BCON_DATE_TIME(when), \
	    BCON_UTF8("$$REMOVE"), "]", "}", "}", "}"

static bson_t *addition(const bson_oid_t *stream, int64_t most, int64_t now)
{
	/* clang-format off */
	return BCON_NEW(
		"0", "{", "$set", "{",
			"at", BCON_DATE_TIME(now),
			"streams", "{", "$concatArrays", "[",
				"{", "$ifNull", "[", BCON_UTF8("$streams"), "[", "]", "]", "}",
				"[", "{", "_id", BCON_OID(stream), "}", "]",
			"]", "}",
		"}", "}",
		"1", SET_DUE(most, now));
	/* clang-format on */
}

/* A full list that no job is due to look at was made under a higher STREAMS_PER_USER. */
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
			const bson_oid_t *stream, int64_t most)
{
	bson_t *filter = with_room(ctx, user_id, most);
	bson_t *update = ctx_bson(ctx, addition(stream, most, clock_now_ms()));
	struct subscriber after;
	enum err e;

	if (!filter || !update)
		return ERR_NO_MEMORY;
	e = db_update_and_get(&after, ctx, subscribers, &subscriber_doc, filter, update, true);
	if (e == ERR_DUPLICATE)
		return refuse(ctx, user_id);
	if (!e)
		*displaces = n_displaced(&after, most) > 0;
	return e;
}

/* ---- claiming ---- */

struct due_user {
	const char *_id;
	struct timestamp due;
};

static const struct field due_fields[] = {
    {FIELD(struct due_user, _id)},
    {FIELD(struct due_user, due)},
};
static const struct shape due_doc = SHAPE(struct due_user, due_fields);

enum { DUE_READ = 16 }; /* users: another process may claim the first ones meanwhile */

static enum err find_due(struct list *users, struct ctx *ctx)
{
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("due", "{", "$lte", BCON_DATE_TIME(clock_now_ms()), "}"));
	bson_t *oldest = ctx_bson(ctx, BCON_NEW("due", BCON_INT32(1)));
	bson_t *fields = ctx_bson(ctx, BCON_NEW("due", BCON_INT32(1)));

	if (!filter || !oldest || !fields)
		return ERR_NO_MEMORY;
	return db_find(users, ctx, subscribers, &due_doc,
		       &(struct db_query){.filter = filter,
					  .sort = oldest,
					  .fields = fields,
					  .limit = DUE_READ,
					  .skip_malformed = true});
}

/* Compare and set. ERR_NO_DOCUMENT: another process claimed it, or the user opened a stream. */
static enum err claim(struct subscriber *subscriber, struct ctx *ctx, const struct due_user *user,
		      int64_t most)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(user->_id), "due",
						BCON_DATE_TIME(user->due.ms)));
	bson_t *update =
	    ctx_bson(ctx,
		     BCON_NEW("0", SET_DUE(most, clock_now_ms() + (int64_t)DISPLACED_CLAIM_MS)));

	if (!filter || !update)
		return ERR_NO_MEMORY;
	return db_update_and_get(subscriber, ctx, subscribers, &subscriber_doc, filter, update,
				 false);
}

enum err subscriber_claim(struct subscriber *subscriber, struct ctx *ctx, int64_t most)
{
	struct list users;
	enum err e = find_due(&users, ctx);

	if (e)
		return e;
	for (size_t i = 0; i < users.n; i++) {
		e = claim(subscriber, ctx, (const struct due_user *)users.items + i, most);
		if (e != ERR_NO_DOCUMENT)
			return e;
	}
	return ERR_NO_DOCUMENT;
}

/* ---- what is displaced ---- */

int64_t stream_opened(const struct stream *stream)
{
	return (int64_t)bson_oid_get_time_t(&stream->_id) * 1000;
}

struct displaced subscriber_displaced(const struct subscriber *subscriber, int64_t most,
				      int64_t now)
{
	const struct stream *streams = subscriber->streams.items;
	struct displaced displaced = {.n = n_displaced(subscriber, most)};

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

/* ---- settling ---- */

/* {streams: {_id: {$in: the oldest n}}} */
static enum err append_oldest(bson_t *update, struct ctx *ctx, const struct list *streams, size_t n)
{
	bson_oid_t *ids = arena_array(ctx->arena, n ? n : 1, sizeof *ids);
	bson_t pull, part;

	if (!ids)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		ids[i] = ((const struct stream *)streams->items)[i]._id;
	BSON_APPEND_DOCUMENT_BEGIN(update, "$pull", &pull);
	BSON_APPEND_DOCUMENT_BEGIN(&pull, "streams", &part);
	db_append_ids(&part, "_id", ids, n);
	bson_append_document_end(&pull, &part);
	bson_append_document_end(update, &pull);
	return OK;
}

enum err subscriber_settle(struct ctx *ctx, const struct subscriber *subscriber, size_t ended,
			   size_t removed, int64_t due)
{
	const struct stream *streams = subscriber->streams.items;
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(subscriber->_id)));
	bson_t *update = ctx_bson(ctx, BCON_NEW("$min", "{", "due", BCON_DATE_TIME(due), "}"));
	enum err e;

	if (!filter || !update)
		return ERR_NO_MEMORY;
	if (ended)
		BCON_APPEND(update, "$set", "{", "ended_to", BCON_OID(&streams[ended - 1]._id),
			    "}");
	e = append_oldest(update, ctx, &subscriber->streams, removed);
	return e ? e : db_update(NULL, ctx, subscribers, filter, update, false);
}
