/* Change streams. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "db.h"
#include "db_private.h"
#include "log.h"

struct db_watch {
	mongoc_uri_t *uri;
	char *database, *collection;
	mongoc_client_t *client;
	mongoc_collection_t *source;
	mongoc_change_stream_t *stream;
	int64_t wait_ms;             /* of the stream that is open */
	uint32_t seconds, increment; /* cluster time to start behind */
	bool broken;
};

static int64_t version_of(uint32_t seconds, uint32_t increment)
{
	return (int64_t)((uint64_t)seconds << 32 | increment);
}

/* ---- begin ---- */

/*
 * A point in time that has no gaps before it. The operationTime of a plain command is that of the
 * last write that was applied, while an older one may still be on its way in; a read of what the
 * majority has committed brings a time that all older writes have reached.
 */
static bool read_cluster_time(struct db_watch *watch, struct db_op *op)
{
	bson_t *command =
	    BCON_NEW("find", BCON_UTF8(watch->collection), "limit", BCON_INT64(1), "singleBatch",
		     BCON_BOOL(true), "readConcern", "{", "level", BCON_UTF8("majority"), "}");
	bson_iter_t it;
	bool ok = mongoc_client_command_simple(op->ctx->client, watch->database, command, NULL,
					       &op->reply, &op->error);

	bson_destroy(command);
	if (!ok)
		return false;
	if (!bson_iter_init_find(&it, &op->reply, "operationTime") ||
	    !BSON_ITER_HOLDS_TIMESTAMP(&it)) {
		bson_set_error(&op->error, MONGOC_ERROR_COMMAND, MONGOC_ERROR_COMMAND_INVALID_ARG,
			       "no operationTime: not a replica set");
		return false;
	}
	bson_iter_timestamp(&it, &watch->seconds, &watch->increment);
	return true;
}

static enum err find_start(struct db_watch *watch, struct ctx *ctx)
{
	struct db_op op;
	enum err e = db_op_begin(&op, ctx, "watch", NULL);

	return e ? e : db_op_end(&op, read_cluster_time(watch, &op));
}

enum err db_watch_new(struct db_watch **out, int64_t *version, struct ctx *ctx, const char *uri,
		      const char *collection)
{
	struct db_watch *watch = calloc(1, sizeof *watch);
	enum err e;

	if (!watch)
		return ERR_NO_MEMORY;
	watch->database = bson_strdup(ctx->db->name);
	watch->collection = bson_strdup(collection);
	e = db_uri_new(&watch->uri, uri, ctx->db->name);
	if (!e)
		e = find_start(watch, ctx);
	if (e) {
		db_watch_free(watch);
		return e;
	}
	*version = version_of(watch->seconds, watch->increment);
	*out = watch;
	return OK;
}

/* ---- end ---- */

static void close_stream(struct db_watch *watch)
{
	/* Spares a broken stream the farewell to its cursor, which would wait for an answer. */
	if (watch->broken && watch->client)
		mongoc_client_reset(watch->client);
	mongoc_change_stream_destroy(watch->stream);
	mongoc_collection_destroy(watch->source);
	mongoc_client_destroy(watch->client);
	watch->stream = NULL;
	watch->source = NULL;
	watch->client = NULL;
}

void db_watch_free(struct db_watch *watch)
{
	if (!watch)
		return;
	close_stream(watch);
	mongoc_uri_destroy(watch->uri);
	bson_free(watch->database);
	bson_free(watch->collection);
	free(watch);
}

/* ---- next ---- */

/* Behind the last event that came, else behind the time of the start. */
static void append_start(bson_t *opts, const struct db_watch *watch)
{
	const bson_t *token =
	    watch->stream ? mongoc_change_stream_get_resume_token(watch->stream) : NULL;

	if (token)
		BSON_APPEND_DOCUMENT(opts, "resumeAfter", token);
	else
		BSON_APPEND_TIMESTAMP(opts, "startAtOperationTime", watch->seconds,
				      watch->increment + 1);
}

/* Only what is read of an event: where stock changes with every order, all processes see them all.
 * The token to resume by is in _id, which a projection keeps. */
static bson_t *make_pipeline(void)
{
	return BCON_NEW("0", "{", "$project", "{", "operationType", BCON_INT32(1), "documentKey",
			BCON_INT32(1), "clusterTime", BCON_INT32(1), "}", "}");
}

/* The wait is a property of stream and connection both, so another one takes new ones. */
static enum err open_stream(struct db_watch *watch, int64_t wait_ms)
{
	bson_t opts = BSON_INITIALIZER, *pipeline = make_pipeline();
	bson_error_t error;
	enum err e = ERR_NO_MEMORY;

	BSON_APPEND_INT64(&opts, "maxAwaitTimeMS", wait_ms);
	BSON_APPEND_INT32(&opts, "batchSize", DB_WATCH_READ);
	append_start(&opts, watch);
	close_stream(watch);
	mongoc_uri_set_option_as_int32(watch->uri, MONGOC_URI_SOCKETTIMEOUTMS,
				       (int32_t)wait_ms + DB_SOCKET_MS);
	watch->client = mongoc_client_new_from_uri_with_error(watch->uri, &error);
	if (!watch->client)
		goto out;
	mongoc_client_set_error_api(watch->client, MONGOC_ERROR_API_VERSION_2);
	watch->source =
	    mongoc_client_get_collection(watch->client, watch->database, watch->collection);
	watch->stream = mongoc_collection_watch(watch->source, pipeline, &opts);
	watch->wait_ms = wait_ms;
	e = OK;
out:
	bson_destroy(&opts);
	bson_destroy(pipeline);
	return e;
}

enum event { EVENT_OTHER, EVENT_CHANGE, EVENT_DELETE, EVENT_END };

static enum event event_of(const bson_t *event)
{
	static const struct {
		const char *name;
		enum event event;
	} events[] = {
	    {"insert", EVENT_CHANGE},    {"update", EVENT_CHANGE},  {"replace", EVENT_CHANGE},
	    {"delete", EVENT_DELETE},    {"drop", EVENT_END},       {"rename", EVENT_END},
	    {"dropDatabase", EVENT_END}, {"invalidate", EVENT_END},
	};
	bson_iter_t it;

	if (!bson_iter_init_find(&it, event, "operationType") || !BSON_ITER_HOLDS_UTF8(&it))
		return EVENT_OTHER;
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
		if (strcmp(bson_iter_utf8(&it, NULL), events[i].name) == 0)
			return events[i].event;
	}
	return EVENT_OTHER;
}

static bool read_id(bson_oid_t *id, const bson_t *event)
{
	bson_iter_t it, key;

	if (!bson_iter_init(&it, event) ||
	    !bson_iter_find_descendant(&it, "documentKey._id", &key) || !BSON_ITER_HOLDS_OID(&key))
		return false;
	bson_oid_copy(bson_iter_oid(&key), id);
	return true;
}

static int64_t read_version(const bson_t *event)
{
	uint32_t seconds = 0, increment = 0;
	bson_iter_t it;

	if (bson_iter_init_find(&it, event, "clusterTime") && BSON_ITER_HOLDS_TIMESTAMP(&it))
		bson_iter_timestamp(&it, &seconds, &increment);
	return version_of(seconds, increment);
}

/* ERR_RETRY: nothing for the caller; look at the next. */
static enum err read_event(struct db_change *change, const struct db_watch *watch,
			   const bson_t *event)
{
	struct db_change read = {.version = read_version(event)};
	enum event kind = event_of(event);

	if (kind == EVENT_END) {
		log_event(LOG_WARNING, NULL, "watch.collection_dropped database=%s collection=%s",
			  watch->database, watch->collection);
		return ERR_UNAVAILABLE;
	}
	if (kind == EVENT_OTHER || !read_id(&read.id, event))
		return ERR_RETRY;
	read.deleted = kind == EVENT_DELETE;
	*change = read;
	return OK;
}

/* No event: because none came in time, or because the stream is broken. */
static enum err why_none(struct db_watch *watch)
{
	bson_error_t error;

	if (!mongoc_change_stream_error_document(watch->stream, &error, NULL))
		return ERR_NO_DOCUMENT;
	log_event(LOG_WARNING, NULL,
		  "watch.failed database=%s collection=%s domain=%u code=%u reason=%s",
		  watch->database, watch->collection, error.domain, error.code, error.message);
	watch->broken = true;
	return ERR_UNAVAILABLE;
}

enum err db_watch_next(struct db_change *change, struct db_watch *watch, int64_t wait_ms)
{
	const bson_t *event;
	enum err e = ERR_RETRY;

	if (wait_ms > DB_WATCH_WAIT_MAX)
		wait_ms = DB_WATCH_WAIT_MAX;
	if (wait_ms < 1)
		wait_ms = 1; /* 0 is the server's own default */
	if (!watch->stream || watch->wait_ms != wait_ms) {
		e = open_stream(watch, wait_ms);
		if (e)
			return e;
		e = ERR_RETRY;
	}
	while (e == ERR_RETRY) {
		if (mongoc_change_stream_next(watch->stream, &event))
			e = read_event(change, watch, event);
		else
			e = why_none(watch);
	}
	return e;
}
