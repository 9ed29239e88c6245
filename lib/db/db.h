/*
 * MongoDB: a bounded pool of clients, reads and writes through shapes, transactions with retries,
 * and a circuit breaker.
 *
 * The driver's defaults suit outages of minutes. Here an operation takes about 1 s (a commit 2 s)
 * if the server hangs or is unreachable, and no write is sent twice. After the first operation that
 * finds the server unavailable, the circuit breaker returns ERR_UNAVAILABLE at once, until its
 * thread has reached the server again. After a temporary error of a write it is unknown whether the
 * write was applied.
 * Every operation has a time limit, and uses the context's session while a transaction runs.
 * Server errors are logged here, once.
 */
#ifndef LIB_DB_H
#define LIB_DB_H

#include <bson/bson.h>
#include <stdbool.h>
#include <stdio.h>

#include "ctx.h"
#include "shape.h"

struct db;

/* Opens a service's database lazily: the server need not run. `clients`: how many threads use it at
 * a time. Starts the circuit breaker's thread. ERR_INVALID for a malformed address, ERR_INTERNAL
 * without memory or threads. Call db_close() when no context uses it any more. */
enum err db_open(struct db **db, const char *uri, const char *name, unsigned clients) MUST_CHECK;
void db_close(struct db *db);

/* Calls `use` for each file option of an address: the TLS certificates and keys, which the driver
 * reads for every connection. NULL for an option that is absent. Returns the first error of `use`;
 * ERR_INVALID for a malformed address. */
enum err db_address_files(const char *uri, enum err (*use)(const char *path)) MUST_CHECK;

/* Inserts MONGODB_PASSWORD into MONGODB_URI (mongodb://account@hosts/): *uri is then a new text,
 * which the caller may free. An empty password leaves it unchanged. ERR_INVALID, with a line on
 * `errors`, if the address names no account or has a password already; ERR_NO_MEMORY. */
enum err db_address_complete(const char **uri, const char *password, FILE *errors) MUST_CHECK;

/* Whether the last ping of the circuit breaker succeeded. Makes no call. */
bool db_is_up(const struct db *db);

/* Returns a context's client to the pool, and ends its session; no effect without a client.
 * ctx_end() does the same; a long job calls this before it waits for something else. */
void db_client_push(struct ctx *ctx);

/* A round trip to the server. OK, or a temporary error. */
enum err db_ping(struct ctx *ctx) MUST_CHECK;

/* Reads one document through a shape. ERR_NO_DOCUMENT, a temporary error. */
enum err db_find_one(void *out, struct ctx *ctx, const char *collection, const struct shape *shape,
		     const bson_t *filter) MUST_CHECK;

/* Appends {name: {$in: [values]}} to a filter. */
void db_append_ids(bson_t *filter, const char *name, const bson_oid_t *ids, size_t n);
void db_append_texts(bson_t *filter, const char *name, const char *const *texts, size_t n);

struct db_query {
	const bson_t *filter;
	const bson_t *sort;   /* NULL: none */
	const bson_t *fields; /* projection; NULL: all */
	size_t limit;         /* the most documents that are read; at least 1 */
	/* Omit documents that don't fit the shape, logged and counted, instead of failing. The
	 * documents after them fill the list. */
	bool skip_malformed;
};

/* Reads documents through a shape into a list in the context's arena. */
enum err db_find(struct list *out, struct ctx *ctx, const char *collection,
		 const struct shape *shape, const struct db_query *query) MUST_CHECK;

/* Counts at most `limit` documents. */
enum err db_count(int64_t *n, struct ctx *ctx, const char *collection, const bson_t *filter,
		  int64_t limit) MUST_CHECK;

/* Inserts a struct. ERR_DUPLICATE if a unique index has its key already. */
enum err db_insert(struct ctx *ctx, const char *collection, const struct shape *shape,
		   const void *in) MUST_CHECK;

/* Inserts `n` structs in one unordered command: errors[i] is OK or ERR_DUPLICATE. The failure of
 * one doesn't affect the others, except in a transaction, which ends with the first error. Returns
 * an error if the command itself failed, and it is unknown which structs were inserted. */
enum err db_insert_each(enum err *errors, struct ctx *ctx, const char *collection,
			const struct shape *shape, const void *const *in, size_t n) MUST_CHECK;

/* The same for a transaction: returns the first error of the command or of a struct. */
enum err db_insert_all(struct ctx *ctx, const char *collection, const struct shape *shape,
		       const void *const *in, size_t n) MUST_CHECK;

struct db_updated {
	int64_t matched;  /* documents that the filter matched */
	int64_t inserted; /* 1: an upsert inserted a document */
};

/* Updates one document that the filter matches. `update` may be a pipeline. ERR_NO_DOCUMENT if
 * there is none (never with an upsert), ERR_DUPLICATE if a unique index rejects the new document of
 * an upsert. `out` may be NULL. */
enum err db_update(struct db_updated *out, struct ctx *ctx, const char *collection,
		   const bson_t *filter, const bson_t *update, bool upsert) MUST_CHECK;

struct db_statement {
	const bson_t *filter, *update; /* `update` is no pipeline if it is needed */
	bool multi;                    /* updates all documents that the filter matches, not one */
	/* If it matches none, the statements after it don't run. Not within a transaction. */
	bool needed;
	bool upsert; /* if it matches none, a document is inserted */
};

/* Runs several updates in order, in one command; *matched is the sum of their matched documents.
 * Each document is updated atomically. After an error some statements may have been applied, or may
 * still be applied. */
enum err db_update_each(int64_t *matched, struct ctx *ctx, const char *collection,
			const struct db_statement *statements, size_t n) MUST_CHECK;

/* Runs independent updates, none of them needed, in one unordered command: errors[i] is OK or
 * ERR_DUPLICATE; *matched is the sum of matched and inserted documents. Returns an error if the
 * command itself failed. */
enum err db_update_apart(enum err *errors, int64_t *matched, struct ctx *ctx,
			 const char *collection, const struct db_statement *statements,
			 size_t n) MUST_CHECK;

/* Runs independent upserts in one unordered command: errors[i] is OK or ERR_DUPLICATE, which a
 * second attempt may not return; inserted[i] is whether it inserted a document. Returns an error if
 * the command itself failed. */
enum err db_upsert_each(enum err *errors, bool *inserted, struct ctx *ctx, const char *collection,
			const struct db_statement *statements, size_t n) MUST_CHECK;

/* Updates one document and reads it as it is after the update. Errors as db_update(). */
enum err db_update_and_get(void *out, struct ctx *ctx, const char *collection,
			   const struct shape *shape, const bson_t *filter, const bson_t *update,
			   bool upsert) MUST_CHECK;

/* The same for data whose latest changes may be lost in a crash: the primary acknowledges the
 * update without waiting for its journal. `update` may be a pipeline. */
enum err db_update_and_get_volatile(void *out, struct ctx *ctx, const char *collection,
				    const struct shape *shape, const bson_t *filter,
				    const bson_t *update, bool upsert) MUST_CHECK;

/* Deletes all documents that the filter matches; *n is their number. */
enum err db_delete(int64_t *n, struct ctx *ctx, const char *collection,
		   const bson_t *filter) MUST_CHECK;

/* Deletes all documents that one of several filters matches, in one command; *deleted is their
 * number. */
enum err db_delete_each(int64_t *deleted, struct ctx *ctx, const char *collection,
			const bson_t *const *filters, size_t n) MUST_CHECK;

/*
 * Runs `body` in a transaction with read concern snapshot and write concern majority. `body` may
 * run several times: the transaction is retried if the server labels its error transient, and the
 * commit alone if its result is unknown; at most five attempts and 2 s, with jitter. Returns a
 * temporary error after that, or if the server is unavailable. An error of `body` aborts the
 * transaction and is returned. Source: MongoDB's specification of transactions.
 */
enum err db_transaction(struct ctx *ctx, enum err (*body)(struct ctx *ctx, void *arg),
			void *arg) MUST_CHECK;

/* The same with one attempt: ERR_RETRY if nothing was applied, and the server labels the error
 * transient. */
enum err db_transaction_once(struct ctx *ctx, enum err (*body)(struct ctx *ctx, void *arg),
			     void *arg) MUST_CHECK;

/* ---- change streams ---- */

/* Watches a collection on a connection of its own, in the calling thread. */
struct db_watch;

enum {
	DB_WATCH_READ = 1000,          /* the most changes in one answer of the server */
	DB_WATCH_WAIT_MAX = 10 * 1000, /* ms; longer waits are shortened to it */
};

/* A change of a document. A read after it returns this state or a newer one; each later change is
 * delivered as well. */
struct db_change {
	bson_oid_t id;
	bool deleted;
	int64_t version; /* cluster time: the same for every watcher, and never decreases; all
			    changes of one transaction have the same version */
};

/* Prepares a watch; the stream is opened by the next db_watch_next(). *version is a cluster time: a
 * read after this call includes all writes before it, and db_watch_next() delivers all writes after
 * it. Uses the context's client: call db_client_push() if the context lives on. The caller frees
 * the watch. ERR_NO_MEMORY, ERR_INVALID, a temporary error. */
enum err db_watch_new(struct db_watch **watch, int64_t *version, struct ctx *ctx, const char *uri,
		      const char *collection) MUST_CHECK;
void db_watch_free(struct db_watch *watch);

/* Waits up to `wait_ms` for a change. A wait that differs from the last one opens a new stream,
 * which misses no change but costs time. ERR_NO_DOCUMENT: no change in that time; a temporary
 * error: the stream is broken, free the watch and create another one. */
enum err db_watch_next(struct db_change *change, struct db_watch *watch,
		       int64_t wait_ms) MUST_CHECK;

#endif
