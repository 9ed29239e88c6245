/*
 * MongoDB: a bounded pool of clients, shapes in and out, a transaction loop, and a breaker.
 *
 * The driver's defaults are made for outages of minutes; here one operation that meets a server
 * that hangs or is gone takes about 1 s (a commit 2 s), no write is sent twice, and after the first
 * operation that found the server away the breaker answers ERR_UNAVAILABLE at once until a
 * background thread has reached it again. A temporary error from a write says nothing of whether it
 * was done.
 * Every operation carries the context's session, if a transaction is under way, and its own
 * ceiling in time. Errors of the server are logged here, once.
 */
#ifndef LIB_DB_H
#define LIB_DB_H

#include <bson/bson.h>
#include <stdbool.h>
#include <stdio.h>

#include "ctx.h"
#include "shape.h"

struct db;

/* Opens a service's database (lazily: it need not be there). `clients`: as many as threads may use
 * it at a time. Starts the breaker's thread. ERR_INVALID for a malformed address, ERR_INTERNAL
 * without memory or threads. db_close() when no context uses it any more. */
enum err db_open(struct db **db, const char *uri, const char *name, unsigned clients) MUST_CHECK;
void db_close(struct db *db);

/* Calls `use` for each file that a database's address names: certificates and keys of TLS, which
 * the driver reads at every connection. What `use` returns; ERR_INVALID for a malformed address. */
enum err db_address_files(const char *uri, enum err (*use)(const char *path)) MUST_CHECK;

/* Puts MONGODB_PASSWORD into MONGODB_URI (mongodb://account@hosts/): *uri is then a new text, which
 * the caller may free; an empty password leaves it as it is. ERR_INVALID, with a line on `errors`,
 * where the address names no account or has a password already; ERR_NO_MEMORY without memory. */
enum err db_address_complete(const char **uri, const char *password, FILE *errors) MUST_CHECK;

/* Whether the database is thought to answer: in memory, no call. */
bool db_is_up(const struct db *db);

/* Gives a context's client back, and ends what is left of its session; nothing where it has none.
 * ctx_end() does so, too; a long job calls it before it waits for something else. */
void db_client_push(struct ctx *ctx);

/* A round trip to the server. OK, or a temporary error. */
enum err db_ping(struct ctx *ctx) MUST_CHECK;

/* Reads one document through a shape. ERR_NO_DOCUMENT, a temporary error. */
enum err db_find_one(void *out, struct ctx *ctx, const char *collection, const struct shape *shape,
		     const bson_t *filter) MUST_CHECK;

/* Append {name: {$in: [values]}} to a filter. */
void db_append_ids(bson_t *filter, const char *name, const bson_oid_t *ids, size_t n);
void db_append_texts(bson_t *filter, const char *name, const char *const *texts, size_t n);

struct db_query {
	const bson_t *filter;
	const bson_t *sort;   /* NULL: none */
	const bson_t *fields; /* projection; NULL: all */
	size_t limit;         /* more documents than this are not read; 1 at least */
	/* Leave out what doesn't fit the shape, logged and counted, instead of failing: others take
	 * its place in the list. */
	bool skip_malformed;
};

/* Reads documents through a shape into a list in the context's arena. */
enum err db_find(struct list *out, struct ctx *ctx, const char *collection,
		 const struct shape *shape, const struct db_query *query) MUST_CHECK;

/* Counts documents, to `limit` at the most. */
enum err db_count(int64_t *n, struct ctx *ctx, const char *collection, const bson_t *filter,
		  int64_t limit) MUST_CHECK;

/* Inserts a struct. ERR_DUPLICATE where a unique index has it already. */
enum err db_insert(struct ctx *ctx, const char *collection, const struct shape *shape,
		   const void *in) MUST_CHECK;

/* Inserts `n` structs in one command; what becomes of one is of no concern to the others (but in a
 * transaction, which the first error ends): errors[i] is OK or ERR_DUPLICATE. Returns an error
 * where the command as such failed, and it isn't known which are in. */
enum err db_insert_each(enum err *errors, struct ctx *ctx, const char *collection,
			const struct shape *shape, const void *const *in, size_t n) MUST_CHECK;

/* The same, where the first error is all there is to know; within a transaction. */
enum err db_insert_all(struct ctx *ctx, const char *collection, const struct shape *shape,
		       const void *const *in, size_t n) MUST_CHECK;

struct db_updated {
	int64_t matched;  /* documents that the filter found */
	int64_t inserted; /* 1: an upsert made a new one */
};

/* Updates the one document that the filter finds. `update` may be a pipeline. ERR_NO_DOCUMENT where
 * it finds none (never with an upsert), ERR_DUPLICATE for an upsert whose new document a unique
 * index refuses. `out` may be NULL. */
enum err db_update(struct db_updated *out, struct ctx *ctx, const char *collection,
		   const bson_t *filter, const bson_t *update, bool upsert) MUST_CHECK;

struct db_statement {
	const bson_t *filter, *update; /* an update that is needed is no pipeline */
	bool multi;                    /* all that the filter finds, not one of them */
	bool needed; /* where it finds none, those behind it aren't run; in no transaction */
	bool upsert; /* where it finds none, a new document is made */
};

/* Runs several updates, one after the other, in one command: *matched documents were found in all.
 * Each document is updated whole or not at all; on an error some statements may have run, or may
 * yet. */
enum err db_update_each(int64_t *matched, struct ctx *ctx, const char *collection,
			const struct db_statement *statements, size_t n) MUST_CHECK;

/* Runs updates that have nothing to do with each other in one command, none of them needed:
 * errors[i] is OK or ERR_DUPLICATE; *matched documents were found, or made, in all. Returns an
 * error where the command as such failed. */
enum err db_update_apart(enum err *errors, int64_t *matched, struct ctx *ctx,
			 const char *collection, const struct db_statement *statements,
			 size_t n) MUST_CHECK;

/* Runs upserts that have nothing to do with each other in one command: errors[i] is OK or
 * ERR_DUPLICATE, which a second try may find gone; inserted[i] tells that it made a new document.
 * Returns an error where the command as such failed. */
enum err db_upsert_each(enum err *errors, bool *inserted, struct ctx *ctx, const char *collection,
			const struct db_statement *statements, size_t n) MUST_CHECK;

/* Updates one document and reads it as it is afterwards. Errors as db_update(). */
enum err db_update_and_get(void *out, struct ctx *ctx, const char *collection,
			   const struct shape *shape, const bson_t *filter, const bson_t *update,
			   bool upsert) MUST_CHECK;

/* The same where the newest changes may be lost in a crash: acknowledged by the primary, without
 * waiting for its journal. `update` may be a pipeline. */
enum err db_update_and_get_volatile(void *out, struct ctx *ctx, const char *collection,
				    const struct shape *shape, const bson_t *filter,
				    const bson_t *update, bool upsert) MUST_CHECK;

/* Deletes all that the filter finds, and says how many. */
enum err db_delete(int64_t *n, struct ctx *ctx, const char *collection,
		   const bson_t *filter) MUST_CHECK;

/* Deletes all that one of several filters finds, in one command, and says how many in all. */
enum err db_delete_each(int64_t *deleted, struct ctx *ctx, const char *collection,
			const bson_t *const *filters, size_t n) MUST_CHECK;

/*
 * Runs `body` in a transaction with read concern snapshot and write concern majority, anew where
 * the server says that it may (five tries and 2 s at the most, with jitter; the commit alone
 * where its result is unknown; a temporary error when that is used up, or the server away). What
 * the body returns aborts and comes back, unless it is OK. Source: MongoDB's specification of
 * transactions; `body` may run several times.
 */
enum err db_transaction(struct ctx *ctx, enum err (*body)(struct ctx *ctx, void *arg),
			void *arg) MUST_CHECK;

/* The same with one try: ERR_RETRY where it was not done, and the server says that it may be run
 * anew. */
enum err db_transaction_once(struct ctx *ctx, enum err (*body)(struct ctx *ctx, void *arg),
			     void *arg) MUST_CHECK;

/* ---- change ---- */

/* Watches a collection on a connection of its own, in the calling thread. */
struct db_watch;

enum {
	DB_WATCH_READ = 1000,          /* changes that one answer of the server brings */
	DB_WATCH_WAIT_MAX = 10 * 1000, /* ms; a longer wait is cut to it */
};

/* That a document changed. Read afterwards, it is at least as new as this change made it: what came
 * later is a change of its own. */
struct db_change {
	bson_oid_t id;
	bool deleted;
	int64_t version; /* cluster time: the same for every watcher, and never falls; what a
			    transaction wrote has one version */
};

/* Begins to watch, at the next db_watch_next(); *version is a cluster time such that all that was
 * written before it is seen by a read made after this call, and all after it by db_watch_next().
 * Takes the context's client for a moment: db_client_push() where the context is kept.
 * db_watch_free() ends it. */
enum err db_watch_new(struct db_watch **watch, int64_t *version, struct ctx *ctx, const char *uri,
		      const char *collection) MUST_CHECK;
void db_watch_free(struct db_watch *watch);

/* Waits up to `wait_ms` for a change, better the same each time: another wait takes a new stream,
 * though it misses nothing. ERR_NO_DOCUMENT: none came; a temporary error: the stream is
 * broken, free it and begin anew. */
enum err db_watch_next(struct db_change *change, struct db_watch *watch,
		       int64_t wait_ms) MUST_CHECK;

#endif
