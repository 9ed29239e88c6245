/* The pool, a context's client, and what all operations have in common. */
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
	/* The server gives up before the socket does: so a slow query costs no connection, and
	 * doesn't look like an outage. */
	SERVER_SHARE = 90,
};

/* ---- the driver ---- */

/* What the driver says beside the error that it returns, which says it better. */
static bool is_noise(const char *message)
{
	static const char *const beginnings[] = {
	    "Failed to buffer",          /* a connection broke */
	    "Error in abortTransaction", /* a transaction that failed is gone already */
	};

	for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
		if (strncmp(message, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	}
	return false;
}

static void log_driver(mongoc_log_level_t level, const char *domain, const char *message,
		       void *data)
{
	(void)data;
	if (level <= MONGOC_LOG_LEVEL_WARNING && !is_noise(message))
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
 * Ceilings of one operation's waits; an address may ask for less. A server that hangs makes an
 * operation wait for the socket (1 s), one that is gone for selection (1.2 s); only one that comes
 * back and hangs at once brings both.
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

static bool set_waits(mongoc_uri_t *uri)
{
	bool ok = true;

	for (size_t i = 0; ok && i < sizeof waits / sizeof waits[0]; i++) {
		int32_t given = mongoc_uri_get_option_as_int32(uri, waits[i].option, 0);

		if (given <= 0 || given > waits[i].ms)
			ok = mongoc_uri_set_option_as_int32(uri, waits[i].option, waits[i].ms);
	}
	return ok;
}

/* What is written is on disk, on the majority; what is read comes from where it was written. */
static void set_concerns(mongoc_uri_t *uri)
{
	mongoc_write_concern_t *write = mongoc_write_concern_new();
	mongoc_read_prefs_t *read = mongoc_read_prefs_new(MONGOC_READ_PRIMARY);

	mongoc_write_concern_set_w(write, MONGOC_WRITE_CONCERN_W_MAJORITY);
	mongoc_write_concern_set_journal(write, true);
	mongoc_uri_set_write_concern(uri, write);
	mongoc_uri_set_read_prefs_t(uri, read);
	mongoc_write_concern_destroy(write);
	mongoc_read_prefs_destroy(read);
}

enum err db_uri_new(mongoc_uri_t **out, const char *text, const char *name)
{
	bson_error_t error;
	mongoc_uri_t *uri = mongoc_uri_new_with_error(text, &error);

	if (!uri) {
		log_event(LOG_ERROR, NULL, "database.address_invalid reason=%s", error.message);
		return ERR_INVALID;
	}
	set_concerns(uri);
	/*
	 * The driver's own repetitions double the time that an operation takes when the server
	 * hangs, and hide how long it took. Reads are repeated here, where time is left. Writes
	 * aren't: the driver drops its connections as its monitor sees the server go, so
	 * after a restart none goes to a dead one, and what was under way is answered with a 503.
	 */
	if (!set_waits(uri) || !mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYREADS, false) ||
	    !mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYWRITES, false) ||
	    !mongoc_uri_set_appname(uri, name)) {
		mongoc_uri_destroy(uri);
		return ERR_INVALID;
	}
	*out = uri;
	return OK;
}

/* ---- life ---- */

static mongoc_transaction_opt_t *transaction_options(int64_t commit_ms)
{
	mongoc_transaction_opt_t *options = mongoc_transaction_opts_new();
	mongoc_read_concern_t *read = mongoc_read_concern_new();
	mongoc_write_concern_t *write = mongoc_write_concern_new();

	/* Set on the transaction itself: it doesn't take those of the collection. */
	mongoc_read_concern_set_level(read, MONGOC_READ_CONCERN_LEVEL_SNAPSHOT);
	mongoc_write_concern_set_w(write, MONGOC_WRITE_CONCERN_W_MAJORITY);
	mongoc_write_concern_set_journal(write, true);
	mongoc_transaction_opts_set_read_concern(options, read);
	mongoc_transaction_opts_set_write_concern(options, write);
	mongoc_transaction_opts_set_max_commit_time_ms(options, commit_ms);
	mongoc_read_concern_destroy(read);
	mongoc_write_concern_destroy(write);
	return options;
}

static enum err pool_open(struct db *db, unsigned clients)
{
	bson_error_t error;

	db->pool = mongoc_client_pool_new_with_error(db->uri, &error);
	if (!db->pool) {
		log_event(LOG_ERROR, NULL, "database.address_invalid reason=%s", error.message);
		return ERR_INVALID;
	}
	/* Tells errors of the server from the driver's by their domain. */
	mongoc_client_pool_set_error_api(db->pool, MONGOC_ERROR_API_VERSION_2);
	mongoc_client_pool_max_size(db->pool, clients + 1); /* one for the breaker */
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
	e = db_uri_new(&db->uri, uri, name);
	if (!e) {
		int32_t socket_ms =
		    mongoc_uri_get_option_as_int32(db->uri, MONGOC_URI_SOCKETTIMEOUTMS,
						   DB_SOCKET_MS);

		db->operation_ms = (int64_t)socket_ms * SERVER_SHARE / PERCENT;
		db->transaction = transaction_options(db->operation_ms);
		e = pool_open(db, clients);
	}
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

/* ---- a context's client ---- */

static void release_client(void *ctx)
{
	db_client_push(ctx);
}

enum err db_client_pop(struct ctx *ctx)
{
	int64_t began_us;

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
	return arena_defer(ctx->arena, release_client, ctx) ? OK : ERR_NO_MEMORY;
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

static bool append_common(struct db_op *op)
{
	int64_t left = op->ctx->deadline - op->started;
	int64_t most = op->ctx->db->operation_ms;

	/* In the server's log of slow operations and in its profiles: who asked for it. Of what is
	 * done together it is the first one's. */
	return BSON_APPEND_INT64(&op->opts, "maxTimeMS", left < most ? left : most) &&
	       BSON_APPEND_UTF8(&op->opts, "comment", op->ctx->request_id) &&
	       (!op->ctx->session ||
		mongoc_client_session_append(op->ctx->session, &op->opts, &op->error));
}

enum err db_ready(const struct ctx *ctx, const char *operation)
{
	if (circuit_breaker_is_open(ctx->db->breaker))
		return ERR_UNAVAILABLE;
	if (db_time_left(ctx))
		return OK;
	log_event(LOG_WARNING, ctx, "database.no_time_left operation=%s", operation);
	return ERR_TIMEOUT;
}

enum err db_op_begin(struct db_op *op, struct ctx *ctx, const char *name, const char *collection)
{
	enum err e;

	op->ctx = ctx;
	op->name = name;
	op->repeatable = false;
	op->started = clock_mono_ms();
	op->collection = NULL;
	op->cursor = NULL;
	op->error = (bson_error_t){0};
	e = db_ready(ctx, name);
	if (!e)
		e = db_client_pop(ctx);
	if (e)
		return e;
	op->begun_us = clock_mono_us();
	bson_init(&op->opts);
	bson_init(&op->reply);
	if (!append_common(op))
		return db_op_end(op, false);
	if (collection)
		op->collection =
		    mongoc_client_get_collection(ctx->client, ctx->db->name, collection);
	return OK;
}

static bool worth_repeating(const struct db_op *op, const struct db_failure *failure)
{
	return op->repeatable && !op->ctx->session && db_failure_is_away(failure) &&
	       db_failure_is_sudden(failure) && db_time_left(op->ctx);
}

static enum err fail(const struct db_op *op, const bson_t *reply)
{
	struct db_failure failure = {
	    .operation = op->name,
	    .started = op->started,
	    .error = &op->error,
	    .reply = reply,
	};

	return worth_repeating(op, &failure) ? ERR_RETRY : db_failure_report(op->ctx, &failure);
}

static void note_operation(const struct db_op *op, enum err e)
{
	int64_t duration = clock_mono_us() - op->begun_us;
	bool failed = e && e != ERR_DUPLICATE;

	db_count_operation(op->name, duration);
	if (failed)
		metric_add(&db_failed_operations, 1);
	span_note(op->ctx,
		  &(struct span_end){
		      .type = SPAN_DATABASE,
		      .traceparent = SPAN_ANY,
		      .verb = op->name,
		      .target = op->collection ? mongoc_collection_get_name(op->collection) : NULL,
		      .failed = failed,
		      .duration_us = duration,
		  });
}

enum err db_op_end(struct db_op *op, bool ok)
{
	const bson_t *reply = &op->reply;
	enum err e;

	if (op->cursor && mongoc_cursor_error_document(op->cursor, &op->error, &reply))
		ok = false;
	e = ok ? OK : fail(op, reply);
	note_operation(op, e);
	mongoc_cursor_destroy(op->cursor);
	mongoc_collection_destroy(op->collection);
	bson_destroy(&op->opts);
	bson_destroy(&op->reply);
	return e;
}

static void log_unreadable(const struct db_op *op, const struct shape *shape, const bson_t *doc)
{
	const char *field = shape_unreadable(op->ctx->arena, shape, doc);
	char id[DB_LOG_ID_SIZE];

	log_event(LOG_ERROR, op->ctx,
		  "document.unreadable operation=%s database=%s collection=%s document=%s field=%s",
		  op->name, op->ctx->db->name, mongoc_collection_get_name(op->collection),
		  db_log_id(id, doc), field ? field : "(unknown)");
}

enum err db_op_decode(void *out, const struct db_op *op, const struct shape *shape,
		      const bson_t *doc)
{
	enum err e = shape_from_bson(out, op->ctx->arena, shape, doc);

	if (e == ERR_INTERNAL) {
		metric_add(&db_unreadable_documents, 1);
		log_unreadable(op, shape, doc);
	}
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
