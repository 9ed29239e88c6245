/* The client pool, the client of a context, and what all operations have in common. */
#include "db.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "db_metrics.h"
#include "db_private.h"
#include "log.h"
#include "span.h"

enum {
	PERCENT = 100,
	/* The server's time limit is shorter than the socket's: a slow query then costs no
	 * connection, and isn't taken for an outage. */
	SERVER_SHARE = 90,
};

/* ---- the driver ---- */

static void log_driver(mongoc_log_level_t level, const char *domain, const char *message,
		       void *data)
{
	/* The driver also returns these failures as errors, which have more details. */
	static const char *const duplicates[] = {
	    "Failed to buffer",          /* a connection broke */
	    "Error in abortTransaction", /* a transaction that failed has ended already */
	};

	(void)data;
	if (level > MONGOC_LOG_LEVEL_WARNING)
		return;
	for (size_t i = 0; i < sizeof duplicates / sizeof duplicates[0]; i++) {
		if (strncmp(message, duplicates[i], strlen(duplicates[i])) == 0)
			return;
	}
	log_event(level == MONGOC_LOG_LEVEL_WARNING ? LOG_WARNING : LOG_ERROR, NULL,
		  "driver.message domain=%s text=%s", domain, message);
}

static void init_once(void)
{
	mongoc_log_set_handler(log_driver, NULL);
	mongoc_init();
}

void db_driver_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, init_once);
}

/* ---- the address ---- */

/*
 * Upper limits of the waits of one operation; an address may set lower ones. If a server hangs, an
 * operation waits for the socket (1 s); if there is none, for server selection (1.2 s). Only a
 * server that returns and hangs at once causes both waits.
 */
static const struct {
	const char *option;
	int32_t ms;
} waits[] = {
    {MONGOC_URI_SERVERSELECTIONTIMEOUTMS, DB_SELECTION_MS},
    {MONGOC_URI_CONNECTTIMEOUTMS, DB_CONNECT_MS},
    {MONGOC_URI_SOCKETTIMEOUTMS, DB_SOCKET_MS},
    {MONGOC_URI_WAITQUEUETIMEOUTMS, DB_POOL_WAIT_MS},
};

/* Writes are acknowledged when a majority has them on disk. */
static mongoc_write_concern_t *write_concern_new(void)
{
	mongoc_write_concern_t *concern = mongoc_write_concern_new();

	mongoc_write_concern_set_w(concern, MONGOC_WRITE_CONCERN_W_MAJORITY);
	mongoc_write_concern_set_journal(concern, true);
	return concern;
}

enum err db_uri_new(mongoc_uri_t **out, const char *text, const char *name)
{
	bson_error_t error;
	mongoc_uri_t *uri = mongoc_uri_new_with_error(text, &error);
	mongoc_write_concern_t *write;
	mongoc_read_prefs_t *read;
	bool ok;

	if (!uri) {
		log_event(LOG_ERROR, NULL, "database.address_invalid reason=%s", error.message);
		return ERR_INVALID;
	}
	write = write_concern_new();
	read = mongoc_read_prefs_new(MONGOC_READ_PRIMARY);
	mongoc_uri_set_write_concern(uri, write);
	mongoc_uri_set_read_prefs_t(uri, read);
	mongoc_write_concern_destroy(write);
	mongoc_read_prefs_destroy(read);
	/*
	 * The driver's own retries are off. They double the time of an operation when the server
	 * hangs, and hide how long it took. Reads are retried here, if time is left. Writes
	 * aren't: the driver drops its connections as soon as its monitor notices that the server
	 * is down, so after a restart no write uses a dead connection, and a write that was under
	 * way is answered with 503.
	 */
	ok = mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYREADS, false) &&
	     mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYWRITES, false) &&
	     mongoc_uri_set_appname(uri, name);
	for (size_t i = 0; ok && i < sizeof waits / sizeof waits[0]; i++) {
		int32_t given = mongoc_uri_get_option_as_int32(uri, waits[i].option, 0);

		if (given <= 0 || given > waits[i].ms)
			ok = mongoc_uri_set_option_as_int32(uri, waits[i].option, waits[i].ms);
	}
	if (!ok) {
		mongoc_uri_destroy(uri);
		return ERR_INVALID;
	}
	*out = uri;
	return OK;
}

/* ---- open and close ---- */

static enum err open_pool(struct db *db, const char *uri, unsigned clients)
{
	mongoc_write_concern_t *write;
	mongoc_read_concern_t *read;
	bson_error_t error;
	int32_t socket_ms;
	enum err e = db_uri_new(&db->uri, uri, db->name);

	if (e)
		return e;
	socket_ms =
	    mongoc_uri_get_option_as_int32(db->uri, MONGOC_URI_SOCKETTIMEOUTMS, DB_SOCKET_MS);
	db->operation_ms = (int64_t)socket_ms * SERVER_SHARE / PERCENT;
	/* A transaction doesn't inherit the concerns of its collections, so they are set on it. */
	write = write_concern_new();
	read = mongoc_read_concern_new();
	mongoc_read_concern_set_level(read, MONGOC_READ_CONCERN_LEVEL_SNAPSHOT);
	db->transaction = mongoc_transaction_opts_new();
	mongoc_transaction_opts_set_read_concern(db->transaction, read);
	mongoc_transaction_opts_set_write_concern(db->transaction, write);
	mongoc_transaction_opts_set_max_commit_time_ms(db->transaction, db->operation_ms);
	mongoc_read_concern_destroy(read);
	mongoc_write_concern_destroy(write);
	db->pool = mongoc_client_pool_new_with_error(db->uri, &error);
	if (!db->pool) {
		log_event(LOG_ERROR, NULL, "database.address_invalid reason=%s", error.message);
		return ERR_INVALID;
	}
	/* With version 2 the domain of an error separates the server's errors from the driver's. */
	mongoc_client_pool_set_error_api(db->pool, MONGOC_ERROR_API_VERSION_2);
	mongoc_client_pool_max_size(db->pool, clients + 1); /* one for the circuit breaker */
	return circuit_breaker_new(&db->breaker, db->pool);
}

enum err db_open(struct db **out, const char *uri, const char *name, unsigned clients)
{
	size_t len = strlen(name);
	struct db *db;
	enum err e;

	if (len == 0 || len > DB_NAME_MAX)
		return ERR_INVALID;
	db_driver_init();
	db = calloc(1, sizeof *db);
	if (!db)
		return ERR_INTERNAL;
	memcpy(db->name, name, len + 1);
	e = open_pool(db, uri, clients);
	if (e) {
		db_close(db);
		return e;
	}
	*out = db;
	return OK;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	circuit_breaker_free(db->breaker);
	if (db->pool)
		mongoc_client_pool_destroy(db->pool);
	mongoc_transaction_opts_destroy(db->transaction);
	mongoc_uri_destroy(db->uri);
	free(db);
}

bool db_is_up(const struct db *db)
{
	return circuit_breaker_is_up(db->breaker);
}

/* ---- the client of a context ---- */

static void push_client(void *ctx)
{
	db_client_push(ctx);
}

enum err db_client_pop(struct ctx *ctx, const char *operation)
{
	int64_t began_us;

	if (circuit_breaker_is_open(ctx->db->breaker))
		return ERR_UNAVAILABLE;
	if (!db_time_left(ctx)) {
		log_event(LOG_WARNING, ctx, "database.no_time_left operation=%s", operation);
		return ERR_TIMEOUT;
	}
	if (ctx->client)
		return OK;
	began_us = clock_mono_us();
	ctx->client = mongoc_client_pool_pop(ctx->db->pool);
	histogram_add(&db_pool_wait, clock_mono_us() - began_us);
	if (!ctx->client) {
		log_event(LOG_WARNING, ctx, "database.no_free_connection");
		return ERR_TIMEOUT;
	}
	/* The arena releases in reverse order: cursors of this client before the client itself. */
	return arena_defer(ctx->arena, push_client, ctx) ? OK : ERR_NO_MEMORY;
}

void db_client_push(struct ctx *ctx)
{
	if (!ctx->client)
		return;
	mongoc_client_session_destroy(ctx->session);
	mongoc_client_pool_push(ctx->db->pool, ctx->client);
	ctx->session = NULL;
	ctx->client = NULL;
}

int64_t db_time_left(const struct ctx *ctx)
{
	int64_t left = ctx->deadline - clock_mono_ms();

	return left > 0 ? left : 0;
}

/* ---- one operation ---- */

enum err db_op_begin(struct db_op *op, struct ctx *ctx, const char *name, const char *collection)
{
	int64_t left, most = ctx->db->operation_ms;
	enum err e;

	op->ctx = ctx;
	op->name = name;
	op->repeatable = false;
	op->started = clock_mono_ms();
	op->collection = NULL;
	op->cursor = NULL;
	op->error = (bson_error_t){0};
	e = db_client_pop(ctx, name);
	if (e)
		return e;
	op->begun_us = clock_mono_us();
	bson_init(&op->opts);
	bson_init(&op->reply);
	left = ctx->deadline - op->started;
	/* The server's slow query log and its profiler show the comment. An operation for several
	 * requests has the id of the first one. */
	if (!BSON_APPEND_INT64(&op->opts, "maxTimeMS", left < most ? left : most) ||
	    !BSON_APPEND_UTF8(&op->opts, "comment", ctx->request_id) ||
	    (ctx->session && !mongoc_client_session_append(ctx->session, &op->opts, &op->error)))
		return db_op_end(op, false);
	if (collection)
		op->collection =
		    mongoc_client_get_collection(ctx->client, ctx->db->name, collection);
	return OK;
}

enum err db_op_end(struct db_op *op, bool ok)
{
	struct db_failure failure = {op->name, op->started, &op->error, &op->reply};
	int64_t duration_us;
	enum err e = OK;
	bool failed;

	if (op->cursor && mongoc_cursor_error_document(op->cursor, &op->error, &failure.reply))
		ok = false;
	if (!ok && op->repeatable && !op->ctx->session && db_failure_is_away(&failure) &&
	    db_failure_is_sudden(&failure) && db_time_left(op->ctx))
		e = ERR_RETRY;
	else if (!ok)
		e = db_failure_report(op->ctx, &failure);
	failed = e && e != ERR_DUPLICATE;
	duration_us = clock_mono_us() - op->begun_us;
	db_count_operation(op->name, duration_us);
	if (failed)
		metric_add(&db_failed_operations, 1);
	span_note(op->ctx,
		  &(struct span_end){
		      .type = SPAN_DATABASE,
		      .traceparent = SPAN_ANY,
		      .verb = op->name,
		      .target = op->collection ? mongoc_collection_get_name(op->collection) : NULL,
		      .failed = failed,
		      .duration_us = duration_us,
		  });
	mongoc_cursor_destroy(op->cursor);
	mongoc_collection_destroy(op->collection);
	bson_destroy(&op->opts);
	bson_destroy(&op->reply);
	return e;
}

enum err db_op_decode(void *out, const struct db_op *op, const struct shape *shape,
		      const bson_t *doc)
{
	enum err e = shape_from_bson(out, op->ctx->arena, shape, doc);
	char id[DB_LOG_ID_SIZE];
	const char *field;

	if (e != ERR_INTERNAL)
		return e;
	metric_add(&db_unreadable_documents, 1);
	field = shape_unreadable(op->ctx->arena, shape, doc);
	log_event(LOG_ERROR, op->ctx,
		  "document.unreadable operation=%s database=%s collection=%s document=%s field=%s",
		  op->name, op->ctx->db->name, mongoc_collection_get_name(op->collection),
		  db_log_id(id, doc), field ? field : "(unknown)");
	return e;
}

/* ---- ping ---- */

enum err db_ping(struct ctx *ctx)
{
	bson_t command = BSON_INITIALIZER;
	struct db_op op;
	enum err e = db_op_begin(&op, ctx, "ping", NULL);

	if (!e) {
		bool ok = BSON_APPEND_INT32(&command, "ping", 1) &&
			  mongoc_client_command_simple(ctx->client, "admin", &command, NULL,
						       &op.reply, &op.error);

		e = db_op_end(&op, ok);
	}
	bson_destroy(&command);
	return e;
}
