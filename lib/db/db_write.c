/* Inserts, deletes, and what they share with updates. None is retried after a failure, because it
 * may have been applied. */
#include <string.h>

#include "db.h"
#include "db_private.h"

/* ---- commands ---- */

/* Writes are sent as commands, because the driver's functions for several documents don't support
 * maxTimeMS. Without it a write that waits for a lock would be applied after its caller got a
 * timeout. */
bool db_write_send(struct db_op *op, const bson_t *command)
{
	return mongoc_collection_write_command_with_opts(op->collection, command, &op->opts,
							 &op->reply, &op->error);
}

int64_t db_reply_number(const bson_t *reply, const char *name)
{
	bson_iter_t it;

	return bson_iter_init_find(&it, reply, name) ? bson_iter_as_int64(&it) : 0;
}

const char *db_key(char digits[DB_KEY_SIZE], size_t i)
{
	const char *key;

	bson_uint32_to_string((uint32_t)i, &key, digits, DB_KEY_SIZE);
	return key;
}

bool db_write_error(bson_error_t *error, size_t *index, bson_iter_t *it)
{
	const char *message = "";
	uint32_t code = 0;
	bson_iter_t field;

	if (!bson_iter_next(it))
		return false;
	*index = SIZE_MAX;
	/* {index, code, errmsg} */
	if (!bson_iter_recurse(it, &field))
		return true;
	while (bson_iter_next(&field)) {
		const char *name = bson_iter_key(&field);

		if (strcmp(name, "index") == 0)
			*index = (size_t)bson_iter_as_int64(&field);
		else if (strcmp(name, "code") == 0)
			code = (uint32_t)bson_iter_as_int64(&field);
		else if (strcmp(name, "errmsg") == 0 && BSON_ITER_HOLDS_UTF8(&field))
			message = bson_iter_utf8(&field, NULL);
	}
	bson_set_error(error, MONGOC_ERROR_SERVER, code, "%s", message);
	return true;
}

bool db_write_errors(bson_iter_t *it, const bson_t *reply)
{
	bson_iter_t list;

	return bson_iter_init_find(&list, reply, "writeErrors") && bson_iter_recurse(&list, it);
}

void db_write_outcomes(enum err *errors, size_t n, const struct db_op *op)
{
	bson_error_t error;
	bson_iter_t it;
	size_t index;

	for (size_t i = 0; i < n; i++)
		errors[i] = OK;
	if (!db_write_errors(&it, &op->reply))
		return;
	while (db_write_error(&error, &index, &it)) {
		struct db_failure failure = {op->name, op->started, &error, NULL};

		if (index < n)
			errors[index] = db_failure_report(op->ctx, &failure);
	}
}

/* ---- insert ---- */

enum err db_insert_each(enum err *errors, struct ctx *ctx, const char *collection,
			const struct shape *shape, const void *const *in, size_t n)
{
	bson_t command = BSON_INITIALIZER, list, doc;
	char digits[DB_KEY_SIZE];
	struct db_op op;
	enum err e = OK;

	/* {insert: <collection>, ordered: false, documents: […]} */
	BSON_APPEND_UTF8(&command, "insert", collection);
	BSON_APPEND_BOOL(&command, "ordered", false);
	BSON_APPEND_ARRAY_BEGIN(&command, "documents", &list);
	for (size_t i = 0; i < n && !e; i++) {
		BSON_APPEND_DOCUMENT_BEGIN(&list, db_key(digits, i), &doc);
		e = shape_to_bson(&doc, shape, in[i]);
		bson_append_document_end(&list, &doc);
	}
	bson_append_array_end(&command, &list);
	if (!e)
		e = db_op_begin(&op, ctx, "insert", collection);
	if (!e) {
		bool ok = db_write_send(&op, &command);

		db_write_outcomes(errors, n, &op);
		e = db_op_end(&op, ok);
	}
	bson_destroy(&command);
	return e;
}

enum err db_insert_all(struct ctx *ctx, const char *collection, const struct shape *shape,
		       const void *const *in, size_t n)
{
	enum err *errors = arena_array(ctx->arena, n, sizeof *errors);
	enum err e = errors ? db_insert_each(errors, ctx, collection, shape, in, n) : ERR_NO_MEMORY;

	for (size_t i = 0; i < n && !e; i++)
		e = errors[i];
	return e;
}

/* Uses the driver's function, which sends the document in a section of its own: the server logs
 * slow commands, and a password hash must not be in that log. */
enum err db_insert(struct ctx *ctx, const char *collection, const struct shape *shape,
		   const void *in)
{
	bson_t doc = BSON_INITIALIZER;
	struct db_op op;
	enum err e = shape_to_bson(&doc, shape, in);

	if (!e)
		e = db_op_begin(&op, ctx, "insert", collection);
	if (!e) {
		bool ok = mongoc_collection_insert_one(op.collection, &doc, &op.opts, &op.reply,
						       &op.error);

		e = db_op_end(&op, ok);
	}
	bson_destroy(&doc);
	return e;
}

/* ---- delete ---- */

enum err db_delete_each(int64_t *deleted, struct ctx *ctx, const char *collection,
			const bson_t *const *filters, size_t n)
{
	bson_t command = BSON_INITIALIZER, list, item;
	char digits[DB_KEY_SIZE];
	struct db_op op;
	bson_iter_t it;
	size_t index;
	enum err e = db_op_begin(&op, ctx, "delete", collection);
	bool ok;

	if (e)
		return e;
	/* {delete: <collection>, deletes: [{q, limit: 0}]} */
	BSON_APPEND_UTF8(&command, "delete", collection);
	BSON_APPEND_ARRAY_BEGIN(&command, "deletes", &list);
	for (size_t i = 0; i < n; i++) {
		BSON_APPEND_DOCUMENT_BEGIN(&list, db_key(digits, i), &item);
		BSON_APPEND_DOCUMENT(&item, "q", filters[i]);
		BSON_APPEND_INT32(&item, "limit", 0);
		bson_append_document_end(&list, &item);
	}
	bson_append_array_end(&command, &list);
	ok = db_write_send(&op, &command) &&
	     !(db_write_errors(&it, &op.reply) && db_write_error(&op.error, &index, &it));
	*deleted = db_reply_number(&op.reply, "n");
	e = db_op_end(&op, ok);
	bson_destroy(&command);
	return e;
}

enum err db_delete(int64_t *n, struct ctx *ctx, const char *collection, const bson_t *filter)
{
	return db_delete_each(n, ctx, collection, &filter, 1);
}
