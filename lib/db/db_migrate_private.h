/* Internal interface of the files that implement db_migrate.h. Other files don't include it. */
#ifndef LIB_DB_MIGRATE_PRIVATE_H
#define LIB_DB_MIGRATE_PRIVATE_H

#include <stdbool.h>

#include "db_migrate.h"
#include "shape.h"

extern const char migration_collection[];

/* Whether an error is permanent: another attempt would fail, too. */
bool migration_is_failure(enum err e);

/* ---- the lock ---- */

#define MIGRATION_LOCK_ID "lock"

struct migration_lock {
	bson_oid_t holder;
	int64_t taken; /* clock_mono_ms() before it was taken or renewed */
};

/* Takes the lock for a new holder. ERR_DUPLICATE: another program has it. */
enum err migration_lock_take(struct migration_lock *lock, struct ctx *ctx) MUST_CHECK;

/* Ensures that the rest of the lease suffices for a chunk. ERR_RETRY: another program has taken
 * over. */
enum err migration_lock_renew(struct migration_lock *lock, struct ctx *ctx) MUST_CHECK;

/* Deletes the lock. After a failure it ends by its lease. */
void migration_lock_release(const struct migration_lock *lock, struct ctx *ctx);

/* ---- a chunk ---- */

struct migration_chunk {
	const bson_t *last;     /* {_id} of the last document; NULL: the chunk is empty */
	bson_t *left_documents; /* those that stay unchanged: [{_id, reason}] */
	size_t seen, changed, left;
	const char *why; /* reason of a temporary error; NULL: the database is unavailable */
};

/* Reads the documents after `after` ({_id}; NULL: from the first), and writes their changes.
 * Documents that others write between the two are read again, after a pause; ERR_UNAVAILABLE with
 * `why` after the last attempt. Memory is the context's. */
enum err migration_chunk_run(struct migration_chunk *chunk, struct ctx *ctx,
			     const struct migration *migration, const bson_t *after) MUST_CHECK;

/* ---- records ---- */

struct migration_record {
	const char *_id;
	struct timestamp finished_at; /* 0: not yet */
};

/* Reads all records of the database as a list of struct migration_record. */
enum err migration_records(struct list *records, struct ctx *ctx) MUST_CHECK;

/* Creates or claims a migration's record for this holder. *cursor: the {_id} of the last processed
 * document, which the caller frees by bson_destroy(); NULL: none. */
enum err migration_record_begin(bson_t **cursor, struct ctx *ctx, const char *id,
				const struct migration_lock *lock) MUST_CHECK;

/* Record a chunk, the end, or a failure. ERR_RETRY: another holder has claimed the record. */
enum err migration_record_chunk(struct ctx *ctx, const char *id, const struct migration_lock *lock,
				const struct migration_chunk *chunk) MUST_CHECK;
enum err migration_record_finish(struct ctx *ctx, const char *id,
				 const struct migration_lock *lock) MUST_CHECK;
enum err migration_record_fail(struct ctx *ctx, const char *id, const struct migration_lock *lock,
			       const char *why) MUST_CHECK;

#endif
