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
	int64_t wait_ms;             /* of the open stream */
	uint32_t seconds, increment; /* cluster time after which the stream starts */
	bool broken;
};

static int64_t version_of(uint32_t seconds, uint32_t increment)
{
	return (int64_t)((uint64_t)seconds << 32 | increment);
}

/* ---- start ---- */

/*
 * Reads a cluster time before which every write is visible. The operationTime of a plain command is
 * that of the last applied write, while an older write may not be visible yet. The operationTime of
 * a read with concern majority has no such gaps.
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

enum err db_watch_new(struct db_watch **out, int64_t *version, struct ctx *ctx, const char *uri,
		      const char *collection)
{
	struct db_watch *watch = calloc(1, sizeof *watch);
	struct db_op op;
	enum err e;

	if (!watch)
		return ERR_NO_MEMORY;
	watch->database = bson_strdup(ctx->db->name);
	watch->collection = bson_strdup(collection);
	e = db_uri_new(&watch->uri, uri, ctx->db->name);
	if (!e)
		e = db_op_begin(&op, ctx, "watch", NULL);
	if (!e)
		e = db_op_end(&op, read_cluster_time(watch, &op));
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
	/* Without the reset, destroying a broken stream would wait for an answer of the server. */
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

/* The wait is a property of the stream and of its connection, so another wait needs new ones. The
 * stream starts after the last event, or else after the cluster time of the watch's start. */
static enum err open_stream(struct db_watch *watch, int64_t wait_ms)
{
	bson_t opts = BSON_INITIALIZER;
	/* Every process reads every event, and stock changes with every order, so the events have
	 * only the members that are used. A projection keeps _id, which is the resume token. */
	bson_t *pipeline =
	    BCON_NEW("0", "{", "$project", "{", "operationType", BCON_INT32(1), "documentKey",
		     BCON_INT32(1), "clusterTime", BCON_INT32(1), "}", "}");
	const bson_t *token =
	    watch->stream ? mongoc_change_stream_get_resume_token(watch->stream) : NULL;
	bson_error_t error;
	enum err e = ERR_NO_MEMORY;

	BSON_APPEND_INT64(&opts, "maxAwaitTimeMS", wait_ms);
	BSON_APPEND_INT32(&opts, "batchSize", DB_WATCH_READ);
	if (token)
		BSON_APPEND_DOCUMENT(&opts, "resumeAfter", token);
	else
		BSON_APPEND_TIMESTAMP(&opts, "startAtOperationTime", watch->seconds,
				      watch->increment + 1);
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

/* Reads {operationType, documentKey: {_id}, clusterTime}. ERR_RETRY: the event is no change of a
 * document, and the caller reads the next one. */
static enum err read_event(struct db_change *change, const struct db_watch *watch,
			   const bson_t *event)
{
	static const struct {
		const char *name;
		enum event event;
	} events[] = {
	    {"insert", EVENT_CHANGE},    {"update", EVENT_CHANGE},  {"replace", EVENT_CHANGE},
	    {"delete", EVENT_DELETE},    {"drop", EVENT_END},       {"rename", EVENT_END},
	    {"dropDatabase", EVENT_END}, {"invalidate", EVENT_END},
	};
	enum event kind = EVENT_OTHER;
	uint32_t seconds = 0, increment = 0;
	const char *type = "";
	bson_iter_t it, id;

	if (bson_iter_init_find(&it, event, "operationType") && BSON_ITER_HOLDS_UTF8(&it))
		type = bson_iter_utf8(&it, NULL);
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
		if (strcmp(type, events[i].name) == 0)
			kind = events[i].event;
	}
	if (kind == EVENT_END) {
		log_event(LOG_WARNING, NULL, "watch.collection_dropped database=%s collection=%s",
			  watch->database, watch->collection);
		return ERR_UNAVAILABLE;
	}
	if (kind == EVENT_OTHER || !bson_iter_init(&it, event) ||
	    !bson_iter_find_descendant(&it, "documentKey._id", &id) || !BSON_ITER_HOLDS_OID(&id))
		return ERR_RETRY;
	if (bson_iter_init_find(&it, event, "clusterTime") && BSON_ITER_HOLDS_TIMESTAMP(&it))
		bson_iter_timestamp(&it, &seconds, &increment);
	bson_oid_copy(bson_iter_oid(&id), &change->id);
	change->version = version_of(seconds, increment);
	change->deleted = kind == EVENT_DELETE;
	return OK;
}

enum err db_watch_next(struct db_change *change, struct db_watch *watch, int64_t wait_ms)
{
	const bson_t *event;
	bson_error_t error;
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
	while (e == ERR_RETRY && mongoc_change_stream_next(watch->stream, &event))
		e = read_event(change, watch, event);
	if (e != ERR_RETRY)
		return e;
	if (!mongoc_change_stream_error_document(watch->stream, &error, NULL))
		return ERR_NO_DOCUMENT;
	log_event(LOG_WARNING, NULL,
		  "watch.failed database=%s collection=%s domain=%u code=%u reason=%s",
		  watch->database, watch->collection, error.domain, error.code, error.message);
	watch->broken = true;
	return ERR_UNAVAILABLE;
}
