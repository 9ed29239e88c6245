/* What the files behind db.h share; nobody else includes it. */
#ifndef LIB_DB_PRIVATE_H
#define LIB_DB_PRIVATE_H

#include <mongoc/mongoc.h>
#include <stdbool.h>
#include <stdint.h>

#include "circuit_breaker.h"
#include "db.h"

enum {
	DB_NAME_MAX = 63, /* bytes: MongoDB's own limit */
	/* The driver takes up to 1 s until it looks again at a server that cut a connection. */
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
	int64_t operation_ms; /* the server's share of the socket's time-out */
	char name[DB_NAME_MAX + 1];
};

/* Before anything of the driver is used; again is harmless. Sets an environment variable: the first
 * time is for a process of one thread. */
void db_driver_init(void);

/* Reads an address, and sets our time-outs, concerns and the application's name on it. */
enum err db_uri_new(mongoc_uri_t **uri, const char *text, const char *name) MUST_CHECK;

/* ---- one operation ---- */

/* From db_op_begin() to db_op_end(), in one function. Lives on the stack: bson_t is aligned to 128
 * bytes, which an arena doesn't give. */
struct db_op {
	struct ctx *ctx;
	const char *name; /* in the log */
	bool repeatable;  /* db_op_end() may return ERR_RETRY */
	int64_t started;  /* clock_mono_ms() */
	int64_t begun_us; /* clock_mono_us(), when all was ready */
	mongoc_collection_t *collection;
	mongoc_cursor_t *cursor; /* set by the operation, if it has one */
	bson_t opts;             /* ceiling in time and session; the operation adds its own */
	bson_t reply;            /* empty; for the driver to fill */
	bson_error_t error;
};

/* Passes the breaker and the deadline, and makes ready. `collection` may be NULL. On an error there
 * is nothing to end. */
enum err db_op_begin(struct db_op *op, struct ctx *ctx, const char *name,
		     const char *collection) MUST_CHECK;

/* Frees all, and turns a failure into an error. ERR_RETRY: the connection was found dead, and there
 * is time to read again; begin anew, this time not repeatable. */
enum err db_op_end(struct db_op *op, bool ok) MUST_CHECK;

enum { DB_LOG_ID_SIZE = 65 };

/* The id of a document for the log: an ObjectId; a text of letters, digits, _ and - (a migration's
 * name, a user's id), bounded; of another text nothing, as it may have somebody's address in it. */
const char *db_log_id(char text[static DB_LOG_ID_SIZE], const bson_t *doc);

/* Reads a document into zeroed memory; one that has not the form of the shape is logged with its id
 * and the field, and counted. As shape_from_bson().
 */
enum err db_op_decode(void *out, const struct db_op *op, const struct shape *shape,
		      const bson_t *doc) MUST_CHECK;

/* Gives the context a client of the pool. ERR_TIMEOUT, logged: none was free in time. */
enum err db_client_pop(struct ctx *ctx) MUST_CHECK;

/* Whether an operation may begin. ERR_UNAVAILABLE: the circuit breaker is open; ERR_TIMEOUT,
 * logged: the context has no time left. */
enum err db_ready(const struct ctx *ctx, const char *operation) MUST_CHECK;

/* Milliseconds that the context has left; 0: it is over. */
int64_t db_time_left(const struct ctx *ctx);

/* ---- write commands ---- */

enum { DB_KEY_SIZE = 16 };

/* The key of an array's element: a constant, or within `digits`. */
const char *db_key(char digits[DB_KEY_SIZE], size_t i);

/* Sends a write command of the operation's collection; false with op->error. What befell its single
 * statements stands in the reply. */
bool db_write_send(struct db_op *op, const bson_t *command);

/* A number in a reply; 0 where there is none. */
int64_t db_reply_number(const bson_t *reply, const char *name);

/* Steps through a reply's writeErrors: false where there are none, or no more. */
bool db_write_errors(bson_iter_t *it, const bson_t *reply);
bool db_write_error(bson_error_t *error, size_t *index, bson_iter_t *it);

/* What became of each of an unordered command's `n` statements: OK, or its error, which is
 * reported as an operation's own would be. */
void db_write_outcomes(enum err *errors, size_t n, const struct db_op *op);

/* ---- errors ---- */

enum db_label {
	DB_LABEL_TRANSIENT = 1 << 0,      /* run the transaction again */
	DB_LABEL_UNKNOWN_COMMIT = 1 << 1, /* commit again */
};

/* How the driver or the server failed an operation that was begun at `started` (clock_mono_ms()).
 */
struct db_failure {
	const char *operation; /* in the log */
	int64_t started;
	const bson_error_t *error;
	const bson_t *reply; /* for its labels; may be NULL */
};

/* Whether it says that there is no server to talk to. */
bool db_failure_is_away(const struct db_failure *failure);

/* Whether it came so soon that it may be one connection's alone: a server that doesn't answer takes
 * longer to fail. */
bool db_failure_is_sudden(const struct db_failure *failure);

/* Turns it into an error; logs it, tells the breaker, and notes the labels, as is fit. */
enum err db_failure_report(struct ctx *ctx, const struct db_failure *failure) MUST_CHECK;

#endif
