#include "subscriber_store.h"

#include "clock.h"
#include "db.h"

static const char subscribers[] = "stream_subscribers";

struct subscriber {
	struct list streams; /* struct stream */
};

static const struct field stream_fields[] = {{FIELD(struct stream, _id)}};
static const struct shape stream_doc = SHAPE(struct stream, stream_fields);

static const struct field subscriber_fields[] = {
    {FIELD(struct subscriber, streams), .of = &stream_doc},
};
static const struct shape subscriber_doc = SHAPE(struct subscriber, subscriber_fields);

static bson_t *filter_of(struct ctx *ctx, const char *user_id)
{
	return ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(user_id)));
}

static enum err add_once(struct subscriber *after, struct ctx *ctx, const char *user_id,
			 const bson_oid_t *stream, int64_t most)
{
	bson_t *filter = filter_of(ctx, user_id);
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$push", "{", "streams", "{", "$each", "[", "{", "_id",
				   BCON_OID(stream), "}", "]", "$slice",
				   BCON_INT64(-(most + DISPLACED_MAX)), "}", "}", "$set", "{", "at",
				   BCON_DATE_TIME(clock_now_ms()), "}"));

	if (!filter || !update)
		return ERR_UNAVAILABLE;
	return db_update_and_get(after, ctx, subscribers, &subscriber_doc, filter, update, true);
}

/* How many of a user's streams are not among the newest. */
static size_t n_displaced(const struct subscriber *subscriber, int64_t most)
{
	size_t n = subscriber->streams.n;

	return n > (size_t)most ? n - (size_t)most : 0;
}

enum err subscriber_add(struct list *displaced, struct ctx *ctx, const char *user_id,
			const bson_oid_t *stream, int64_t most)
{
	struct subscriber after;
	enum err e = add_once(&after, ctx, user_id, stream, most);

	/* A user's first two streams at the same time: the document is there now. */
	if (e == ERR_DUPLICATE)
		e = add_once(&after, ctx, user_id, stream, most);
	if (e)
		return e;
	*displaced = after.streams;
	displaced->n = n_displaced(&after, most);
	return OK;
}

static bool is_among(const struct list *streams, size_t from, const bson_oid_t *stream)
{
	for (size_t i = from; i < streams->n; i++) {
		if (bson_oid_equal(&((const struct stream *)streams->items)[i]._id, stream))
			return true;
	}
	return false;
}

enum err subscriber_remove(bool *kept, struct ctx *ctx, const char *user_id,
			   const struct list *displaced, const bson_oid_t *stream, int64_t most)
{
	bson_oid_t ids[DISPLACED_MAX];
	bson_t *filter = filter_of(ctx, user_id), *update = ctx_bson(ctx, bson_new());
	bson_t pull, streams;
	struct subscriber after;
	enum err e;

	if (!filter || !update || displaced->n > DISPLACED_MAX)
		return ERR_UNAVAILABLE;
	for (size_t i = 0; i < displaced->n; i++)
		ids[i] = ((const struct stream *)displaced->items)[i]._id;
	BSON_APPEND_DOCUMENT_BEGIN(update, "$pull", &pull);
	BSON_APPEND_DOCUMENT_BEGIN(&pull, "streams", &streams);
	db_append_ids(&streams, "_id", ids, displaced->n);
	bson_append_document_end(&pull, &streams);
	bson_append_document_end(update, &pull);
	e = db_update_and_get(&after, ctx, subscribers, &subscriber_doc, filter, update, false);
	if (e)
		return e == ERR_NO_DOCUMENT ? ERR_UNAVAILABLE : e;
	*kept = is_among(&after.streams, n_displaced(&after, most), stream);
	return OK;
}
