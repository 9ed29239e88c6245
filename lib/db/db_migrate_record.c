/* The record of a migration: {_id, holder?, started_at, seen, changed, left, left_documents,
 * cursor?, finished_at?, failed_at?, failure?}. */
#include "clock.h"
#include "db.h"
#include "db_migrate_private.h"
#include "db_private.h"

const char migration_collection[] = "migrations";

enum { RECORDS_MAX = 1000 };

enum err migration_records(struct list *records, struct ctx *ctx)
{
	static const struct field fields[] = {
	    {FIELD(struct migration_record, _id)},
	    {FIELD(struct migration_record, finished_at), .optional = true},
	};
	static const struct shape shape = SHAPE(struct migration_record, fields);
	const bson_t *but_lock =
	    ctx_bson(ctx, BCON_NEW("_id", "{", "$ne", BCON_UTF8(MIGRATION_LOCK_ID), "}"));

	if (!but_lock)
		return ERR_NO_MEMORY;
	return db_find(records, ctx, migration_collection, &shape,
		       &(struct db_query){.filter = but_lock, .limit = RECORDS_MAX});
}

enum err migration_record_begin(bson_t **cursor, struct ctx *ctx, const char *id,
				const struct migration_lock *lock)
{
	const bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(id)));
	const bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "holder", BCON_OID(&lock->holder), "}",
				   "$setOnInsert", "{", "seen", BCON_INT64(0), "changed",
				   BCON_INT64(0), "left", BCON_INT64(0), "}", "$min", "{",
				   "started_at", BCON_DATE_TIME(clock_now_ms()), "}", "$unset", "{",
				   "failed_at", BCON_UTF8(""), "failure", BCON_UTF8(""), "}"));
	bson_t *found = NULL;
	struct db_op op;
	const bson_t *doc;
	bson_iter_t it;
	const uint8_t *data;
	uint32_t len;
	enum err e = ERR_NO_MEMORY;

	if (filter && update)
		e = db_update(NULL, ctx, migration_collection, filter, update, true);
	if (!e)
		e = db_op_begin(&op, ctx, "find", migration_collection);
	if (e)
		return e;
	/* The cursor is a subdocument {_id}. Shapes don't support it, because an _id may have any
	 * type. */
	op.cursor = mongoc_collection_find_with_opts(op.collection, filter, &op.opts, NULL);
	if (mongoc_cursor_next(op.cursor, &doc) && bson_iter_init_find(&it, doc, "cursor") &&
	    BSON_ITER_HOLDS_DOCUMENT(&it)) {
		bson_iter_document(&it, &len, &data);
		found = bson_new_from_data(data, len);
	}
	e = db_op_end(&op, true);
	if (e)
		bson_destroy(found);
	else
		*cursor = found;
	return e;
}

/* ---- updates by the holder ---- */

/* Updates a record that still has this holder; frees `update`. ERR_RETRY if it has another one. */
static enum err write_own(struct ctx *ctx, const char *id, const struct migration_lock *lock,
			  bson_t *update)
{
	const bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("_id", BCON_UTF8(id), "holder", BCON_OID(&lock->holder)));
	enum err e;

	update = ctx_bson(ctx, update);
	if (!filter || !update)
		return ERR_NO_MEMORY;
	e = db_update(NULL, ctx, migration_collection, filter, update, false);
	return e == ERR_NO_DOCUMENT ? ERR_RETRY : e;
}

enum err migration_record_chunk(struct ctx *ctx, const char *id, const struct migration_lock *lock,
				const struct migration_chunk *chunk)
{
	return write_own(ctx, id, lock,
			 BCON_NEW("$set", "{", "cursor", BCON_DOCUMENT(chunk->last), "}", "$inc",
				  "{", "seen", BCON_INT64((int64_t)chunk->seen), "changed",
				  BCON_INT64((int64_t)chunk->changed), "left",
				  BCON_INT64((int64_t)chunk->left), "}", "$push", "{",
				  "left_documents", "{", "$each", BCON_ARRAY(chunk->left_documents),
				  "$slice", BCON_INT32(MIGRATION_LEFT_LISTED), "}", "}"));
}

enum err migration_record_finish(struct ctx *ctx, const char *id, const struct migration_lock *lock)
{
	return write_own(ctx, id, lock,
			 BCON_NEW("$currentDate", "{", "finished_at", BCON_BOOL(true), "}",
				  "$unset", "{", "holder", BCON_UTF8(""), "cursor", BCON_UTF8(""),
				  "}"));
}

enum err migration_record_fail(struct ctx *ctx, const char *id, const struct migration_lock *lock,
			       const char *why)
{
	return write_own(ctx, id, lock,
			 BCON_NEW("$currentDate", "{", "failed_at", BCON_BOOL(true), "}", "$set",
				  "{", "failure", BCON_UTF8(why), "}"));
}
