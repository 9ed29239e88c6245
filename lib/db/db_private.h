/* Internal interface of the files that implement db.h. Other files don't include it. */
#ifndef LIB_DB_PRIVATE_H
#define LIB_DB_PRIVATE_H

#include <mongoc/mongoc.h>
#include <stdbool.h>
#include <stdint.h>

#include "circuit_breaker.h"
#include "db.h"

enum {
	DB_NAME_MAX = 63, /* bytes: MongoDB's own limit */
	/* The driver checks a server that closed a connection again after up to 1 s. */
	DB_SELECTION_MS = 1200,
	DB_CONNECT_MS = 1000,
	DB_SOCKET_MS = 1000,
	DB_POOL_WAIT_MS = 500,
};

struct db {
	mongoc_uri_t *uri;
	mongoc_client_pool_t *pool;
	mongoc_transaction_opt_t *transaction;
	struct circuit_breaker *breaker;
	int64_t operation_ms; /* time limit in the server: a share of the socket's timeout */
	char name[DB_NAME_MAX + 1];
};

/* Initialises the driver, before any other use of it; further calls have no effect. The first call
 * sets an environment variable, so it is made while the process has one thread. */
void db_driver_init(void);

/* Parses an address, and sets the timeouts, the concerns and the application's name on it. The
 * caller frees it. ERR_INVALID, logged. */
enum err db_uri_new(mongoc_uri_t **uri, const char *text, const char *name) MUST_CHECK;

/* ---- one operation ---- */

/* One operation, from db_op_begin() to db_op_end() in one function. It is on the stack because
 * bson_t is aligned to 128 bytes, which an arena doesn't guarantee. */
struct db_op {
	struct ctx *ctx;
	const char *name; /* in the log */
	bool repeatable;  /* db_op_end() may return ERR_RETRY */
	int64_t started;  /* clock_mono_ms() */
	int64_t begun_us; /* clock_mono_us(), after a client was free */
	mongoc_collection_t *collection;
	mongoc_cursor_t *cursor; /* set by the operation, if it has one */
	bson_t opts;             /* time limit and session; the operation appends its own */
	bson_t reply;            /* empty; filled by the driver */
	bson_error_t error;
};

/* Checks the circuit breaker and the deadline, and prepares the operation. `collection` may be
 * NULL. After an error db_op_end() isn't called. */
enum err db_op_begin(struct db_op *op, struct ctx *ctx, const char *name,
		     const char *collection) MUST_CHECK;

/* Frees the operation, and maps a failure to an error. ERR_RETRY: the connection was dead, and time
 * is left for a second read; begin it again, not repeatable. */
enum err db_op_end(struct db_op *op, bool ok) MUST_CHECK;

enum { DB_LOG_ID_SIZE = 65 };

/* The id of a document for the log: an ObjectId, or a text of letters, digits, _ and - (a
 * migration's name, a user's id), truncated. Other texts aren't logged, because they may have
 * personal data. */
const char *db_log_id(char text[static DB_LOG_ID_SIZE], const bson_t *doc);

/* Reads a document into zeroed memory. A document that doesn't fit the shape is logged with its id
 * and the field, and counted. Errors as shape_from_bson(). */
enum err db_op_decode(void *out, const struct db_op *op, const struct shape *shape,
		      const bson_t *doc) MUST_CHECK;

/* Takes a client of the pool for an operation of the context, if it has none. ERR_UNAVAILABLE: the
 * circuit breaker is open. ERR_TIMEOUT, logged: the context has no time left, or no client was free
 * in time. */
enum err db_client_pop(struct ctx *ctx, const char *operation) MUST_CHECK;

/* Milliseconds until the context's deadline; 0 after it. */
int64_t db_time_left(const struct ctx *ctx);

/* ---- write commands ---- */

enum { DB_KEY_SIZE = 16 };

/* The key of an array's element: a constant, or within `digits`. */
const char *db_key(char digits[DB_KEY_SIZE], size_t i);

/* Sends a write command for the operation's collection; false with op->error. The reply has the
 * errors of single statements. */
bool db_write_send(struct db_op *op, const bson_t *command);

/* A number in a reply; 0 if it is absent. */
int64_t db_reply_number(const bson_t *reply, const char *name);

/* Iterate over a reply's writeErrors: false if there are none, or no more. */
bool db_write_errors(bson_iter_t *it, const bson_t *reply);
bool db_write_error(bson_error_t *error, size_t *index, bson_iter_t *it);

/* Sets errors[i] for each of an unordered command's `n` statements: OK or its error, which is
 * reported as the error of an operation is. */
void db_write_outcomes(enum err *errors, size_t n, const struct db_op *op);

/* ---- errors ---- */

enum db_label {
	DB_LABEL_TRANSIENT = 1 << 0,      /* the transaction may be retried */
	DB_LABEL_UNKNOWN_COMMIT = 1 << 1, /* the commit may be retried */
};

/* A failure of an operation, reported by the driver or the server. */
struct db_failure {
	const char *operation; /* in the log */
	int64_t started;       /* clock_mono_ms() */
	const bson_error_t *error;
	const bson_t *reply; /* has the error's labels; may be NULL */
};

/* Whether no server is reachable, or none is primary. */
bool db_failure_is_away(const struct db_failure *failure);

/* Whether it occurred so soon that it may affect one connection only: an operation on a server that
 * doesn't answer fails later. */
bool db_failure_is_sudden(const struct db_failure *failure);

/* Maps it to an error. Logs it, notifies the circuit breaker and sets ctx->db_labels, depending on
 * its kind. */
enum err db_failure_report(struct ctx *ctx, const struct db_failure *failure) MUST_CHECK;

#endif
