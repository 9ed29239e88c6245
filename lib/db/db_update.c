/* Updates. None is retried after a failure, because it may have been applied. */
#include <string.h>

#include "db.h"
#include "db_private.h"

/* Two concurrent upserts of one key: one of them inserts, the other gets a duplicate key error, and
 * matches the document on a second attempt. In a transaction the first error has ended it. */
static bool lost_upsert_race(enum err e, const struct ctx *ctx, bool upsert)
{
	return e == ERR_DUPLICATE && upsert && !ctx->session;
}

/* ---- update ---- */

/* The server's errors for an insert with two ids, or with an array as its id. */
enum { INVALID_ID = 53, IMMUTABLE_FIELD = 66 };

/*
 * {update: <collection>, ordered, updates: [{q, u, multi, upsert}]}
 *
 * Only an error of a statement ends an ordered command. So a needed statement is an upsert that
 * can't insert, because its document would have an array as _id: it fails if it matches nothing.
 */
static void update_command(bson_t *command, const char *collection,
			   const struct db_statement *statements, size_t n, bool ordered)
{
	bson_t list, item, update;
	char digits[DB_KEY_SIZE];

	bson_init(command);
	BSON_APPEND_UTF8(command, "update", collection);
	BSON_APPEND_BOOL(command, "ordered", ordered);
	BSON_APPEND_ARRAY_BEGIN(command, "updates", &list);
	for (size_t i = 0; i < n; i++) {
		const struct db_statement *statement = &statements[i];

		BSON_APPEND_DOCUMENT_BEGIN(&list, db_key(digits, i), &item);
		BSON_APPEND_DOCUMENT(&item, "q", statement->filter);
		/* A pipeline has numbered stages; the members of another update are operators. */
		if (bson_has_field(statement->update, "0")) {
			BSON_APPEND_ARRAY(&item, "u", statement->update);
		} else {
			BSON_APPEND_DOCUMENT_BEGIN(&item, "u", &update);
			bson_concat(&update, statement->update);
			if (statement->needed)
				BCON_APPEND(&update, "$setOnInsert", "{", "_id", "[", "]", "}");
			bson_append_document_end(&item, &update);
		}
		if (statement->multi)
			BSON_APPEND_BOOL(&item, "multi", true);
		if (statement->upsert || statement->needed)
			BSON_APPEND_BOOL(&item, "upsert", true);
		bson_append_document_end(&list, &item);
	}
	bson_append_array_end(command, &list);
}

/* Runs statements in order, up to the first that fails. */
static enum err run_ordered(struct db_updated *updated, struct ctx *ctx, const char *collection,
			    const struct db_statement *statements, size_t n)
{
	struct db_op op;
	bson_t command;
	bson_iter_t it;
	size_t i;
	enum err e = db_op_begin(&op, ctx, "update", collection);
	bool ok;

	if (e)
		return e;
	update_command(&command, collection, statements, n, true);
	ok = db_write_send(&op, &command);
	/* A successful command may have a failed statement. A needed statement that matched nothing
	 * is no error: it has ended the command as intended. */
	if (ok && db_write_errors(&it, &op.reply) && db_write_error(&op.error, &i, &it))
		ok = (op.error.code == IMMUTABLE_FIELD || op.error.code == INVALID_ID) &&
		     statements[i].needed;
	updated->inserted = bson_has_field(&op.reply, "upserted");
	updated->matched = db_reply_number(&op.reply, "n") - updated->inserted;
	e = db_op_end(&op, ok);
	bson_destroy(&command);
	return e;
}

enum err db_update(struct db_updated *out, struct ctx *ctx, const char *collection,
		   const bson_t *filter, const bson_t *update, bool upsert)
{
	struct db_statement statement = {.filter = filter, .update = update, .upsert = upsert};
	struct db_updated updated;
	enum err e = run_ordered(&updated, ctx, collection, &statement, 1);

	if (lost_upsert_race(e, ctx, upsert))
		e = run_ordered(&updated, ctx, collection, &statement, 1);
	if (!e && !updated.matched && !updated.inserted)
		e = ERR_NO_DOCUMENT;
	if (!e && out)
		*out = updated;
	return e;
}

enum err db_update_each(int64_t *matched, struct ctx *ctx, const char *collection,
			const struct db_statement *statements, size_t n)
{
	struct db_updated updated;
	enum err e = run_ordered(&updated, ctx, collection, statements, n);

	if (!e)
		*matched = updated.matched;
	return e;
}

/* Results of an unordered command: `errors` has one for each statement. */
struct outcomes {
	enum err *errors;
	bool *inserted;   /* for each statement; NULL: not wanted */
	int64_t *matched; /* NULL: not wanted */
};

/* Reads {upserted: [{index, _id}]}. */
static void read_inserted(bool *inserted, size_t n, const bson_t *reply)
{
	bson_iter_t list, it, index;

	memset(inserted, 0, n * sizeof *inserted);
	if (!bson_iter_init_find(&list, reply, "upserted") || !bson_iter_recurse(&list, &it))
		return;
	while (bson_iter_next(&it)) {
		if (bson_iter_recurse(&it, &index) && bson_iter_find(&index, "index") &&
		    (size_t)bson_iter_as_int64(&index) < n)
			inserted[bson_iter_as_int64(&index)] = true;
	}
}

static enum err run_unordered(const struct outcomes *out, struct ctx *ctx, const char *collection,
			      const struct db_statement *statements, size_t n)
{
	struct db_op op;
	bson_t command;
	enum err e = db_op_begin(&op, ctx, "update", collection);
	bool ok;

	if (e)
		return e;
	update_command(&command, collection, statements, n, false);
	ok = db_write_send(&op, &command);
	db_write_outcomes(out->errors, n, &op);
	if (out->inserted)
		read_inserted(out->inserted, n, &op.reply);
	if (out->matched)
		*out->matched = db_reply_number(&op.reply, "n");
	e = db_op_end(&op, ok);
	bson_destroy(&command);
	return e;
}

enum err db_update_apart(enum err *errors, int64_t *matched, struct ctx *ctx,
			 const char *collection, const struct db_statement *statements, size_t n)
{
	return run_unordered(&(struct outcomes){.errors = errors, .matched = matched}, ctx,
			     collection, statements, n);
}

enum err db_upsert_each(enum err *errors, bool *inserted, struct ctx *ctx, const char *collection,
			const struct db_statement *statements, size_t n)
{
	return run_unordered(&(struct outcomes){.errors = errors, .inserted = inserted}, ctx,
			     collection, statements, n);
}

/* ---- update and get ---- */

/* An update of one document that returns it. */
struct change {
	const char *collection;
	const struct shape *shape;
	const bson_t *filter, *update;
	bool upsert, is_volatile;
};

/* Reads {value: <document or null>} through a shape; *out is written on success only. */
static enum err read_value(void *out, struct db_op *op, const struct shape *shape)
{
	bson_iter_t it;
	const uint8_t *data;
	uint32_t len;
	bson_t doc;
	void *found;
	enum err e;

	if (!bson_iter_init_find(&it, &op->reply, "value") || !BSON_ITER_HOLDS_DOCUMENT(&it))
		return ERR_NO_DOCUMENT;
	bson_iter_document(&it, &len, &data);
	found = arena_alloc(op->ctx->arena, shape->size);
	if (!found)
		return ERR_NO_MEMORY;
	if (!bson_init_static(&doc, data, len))
		return ERR_INTERNAL;
	e = db_op_decode(found, op, shape, &doc);
	if (!e)
		memcpy(out, found, shape->size);
	return e;
}

static enum err update_and_get_once(void *out, struct ctx *ctx, const struct change *change)
{
	unsigned flags = MONGOC_FIND_AND_MODIFY_RETURN_NEW;
	mongoc_find_and_modify_opts_t *opts;
	struct db_op op;
	enum err decoded = OK, e = db_op_begin(&op, ctx, "findAndModify", change->collection);
	bool ok = true;

	if (e)
		return e;
	if (change->upsert)
		flags |= MONGOC_FIND_AND_MODIFY_UPSERT;
	if (change->is_volatile) {
		mongoc_write_concern_t *write = mongoc_write_concern_new();

		mongoc_write_concern_set_w(write, 1);
		mongoc_write_concern_set_journal(write, false);
		ok = mongoc_write_concern_append(write, &op.opts);
		mongoc_write_concern_destroy(write);
	}
	opts = mongoc_find_and_modify_opts_new();
	ok = ok && mongoc_find_and_modify_opts_set_update(opts, change->update) &&
	     mongoc_find_and_modify_opts_set_flags(opts, (mongoc_find_and_modify_flags_t)flags) &&
	     mongoc_find_and_modify_opts_append(opts, &op.opts) &&
	     mongoc_collection_find_and_modify_with_opts(op.collection, change->filter, opts,
							 &op.reply, &op.error);
	mongoc_find_and_modify_opts_destroy(opts);
	if (ok)
		decoded = read_value(out, &op, change->shape);
	e = db_op_end(&op, ok);
	return e ? e : decoded;
}

static enum err update_and_get(void *out, struct ctx *ctx, const struct change *change)
{
	enum err e = update_and_get_once(out, ctx, change);

	if (lost_upsert_race(e, ctx, change->upsert))
		e = update_and_get_once(out, ctx, change);
	return e;
}

enum err db_update_and_get(void *out, struct ctx *ctx, const char *collection,
			   const struct shape *shape, const bson_t *filter, const bson_t *update,
			   bool upsert)
{
	return update_and_get(out, ctx,
			      &(struct change){collection, shape, filter, update, upsert, false});
}

enum err db_update_and_get_volatile(void *out, struct ctx *ctx, const char *collection,
				    const struct shape *shape, const bson_t *filter,
				    const bson_t *update, bool upsert)
{
	return update_and_get(out, ctx,
			      &(struct change){collection, shape, filter, update, upsert, true});
}
