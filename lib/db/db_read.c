/* Reads: find and count. */
#include <string.h>

#include "db.h"
#include "db_private.h"

enum {
	FIRST_CAPACITY = 16,
	SKIPPED_MAX = 1000, /* skipped malformed documents that don't shorten a list */
	ATTEMPTS = 2,       /* of a read whose connection was dead: db_op_end() decides */
};

/* ---- filters ---- */

/* The server ignores an array's keys. */
void db_append_ids(bson_t *filter, const char *name, const bson_oid_t *ids, size_t n)
{
	bson_t in, list;

	BSON_APPEND_DOCUMENT_BEGIN(filter, name, &in);
	BSON_APPEND_ARRAY_BEGIN(&in, "$in", &list);
	for (size_t i = 0; i < n; i++)
		BSON_APPEND_OID(&list, "0", &ids[i]);
	bson_append_array_end(&in, &list);
	bson_append_document_end(filter, &in);
}

void db_append_texts(bson_t *filter, const char *name, const char *const *texts, size_t n)
{
	bson_t in, list;

	BSON_APPEND_DOCUMENT_BEGIN(filter, name, &in);
	BSON_APPEND_ARRAY_BEGIN(&in, "$in", &list);
	for (size_t i = 0; i < n; i++)
		BSON_APPEND_UTF8(&list, "0", texts[i]);
	bson_append_array_end(&in, &list);
	bson_append_document_end(filter, &in);
}

/* ---- find one ---- */

enum err db_find_one(void *out, struct ctx *ctx, const char *collection, const struct shape *shape,
		     const bson_t *filter)
{
	enum err decoded = OK, e = ERR_RETRY;
	void *found = NULL;

	for (int i = 1; i <= ATTEMPTS && e == ERR_RETRY; i++) {
		const bson_t *doc;
		struct db_op op;

		e = db_op_begin(&op, ctx, "find", collection);
		if (e)
			return e;
		op.repeatable = i < ATTEMPTS;
		BSON_APPEND_INT64(&op.opts, "limit", 1);
		op.cursor = mongoc_collection_find_with_opts(op.collection, filter, &op.opts, NULL);
		found = NULL;
		decoded = ERR_NO_DOCUMENT;
		if (mongoc_cursor_next(op.cursor, &doc)) {
			found = arena_alloc(ctx->arena, shape->size);
			decoded = found ? db_op_decode(found, &op, shape, doc) : ERR_NO_MEMORY;
		}
		e = db_op_end(&op, true);
	}
	if (!e)
		e = decoded;
	if (!e)
		memcpy(out, found, shape->size);
	return e;
}

/* ---- find ---- */

/* Reads the cursor's documents into a list; *skipped is the number of omitted ones. */
static enum err read_documents(struct list *out, size_t *skipped, struct db_op *op,
			       const struct shape *shape, const struct db_query *query)
{
	struct list list = {NULL, 0};
	size_t capacity = 0;
	const bson_t *doc;

	*skipped = 0;
	while (list.n < query->limit && mongoc_cursor_next(op->cursor, &doc)) {
		void *items, *item;
		enum err e;

		if (list.n == capacity) {
			/* The arena frees the old items at its end. */
			capacity = capacity ? capacity * 2 : FIRST_CAPACITY;
			if (capacity > query->limit)
				capacity = query->limit;
			items = arena_array(op->ctx->arena, capacity, shape->size);
			if (!items)
				return ERR_NO_MEMORY;
			if (list.n)
				memcpy(items, list.items, list.n * shape->size);
			list.items = items;
		}
		item = (char *)list.items + list.n * shape->size;
		e = db_op_decode(item, op, shape, doc);
		if (e == ERR_INTERNAL && query->skip_malformed) {
			/* The next document must not inherit members of this one. */
			memset(item, 0, shape->size);
			(*skipped)++;
			continue;
		}
		if (e)
			return e;
		list.n++;
	}
	*out = list;
	return OK;
}

/* Runs a query that reads up to `more` documents beyond its limit. */
static enum err find(struct list *out, size_t *skipped, struct ctx *ctx, const char *collection,
		     const struct shape *shape, const struct db_query *query, size_t more)
{
	int32_t most = query->limit < INT32_MAX ? (int32_t)query->limit : INT32_MAX;
	enum err decoded = OK, e = ERR_RETRY;

	for (int i = 1; i <= ATTEMPTS && e == ERR_RETRY; i++) {
		struct db_op op;

		e = db_op_begin(&op, ctx, "find", collection);
		if (e)
			return e;
		op.repeatable = i < ATTEMPTS;
		BSON_APPEND_INT64(&op.opts, "limit", (int64_t)most + (int64_t)more);
		/* One answer has all documents up to 16 MB; the default is 101 documents. */
		BSON_APPEND_INT32(&op.opts, "batchSize", most);
		if (query->sort)
			BSON_APPEND_DOCUMENT(&op.opts, "sort", query->sort);
		if (query->fields)
			BSON_APPEND_DOCUMENT(&op.opts, "projection", query->fields);
		op.cursor =
		    mongoc_collection_find_with_opts(op.collection, query->filter, &op.opts, NULL);
		decoded = read_documents(out, skipped, &op, shape, query);
		e = db_op_end(&op, true);
	}
	return e ? e : decoded;
}

enum err db_find(struct list *out, struct ctx *ctx, const char *collection,
		 const struct shape *shape, const struct db_query *query)
{
	struct list list = {NULL, 0};
	size_t skipped = 0;
	enum err e = find(&list, &skipped, ctx, collection, shape, query, 0);

	/* To a client a page that is shorter than the limit is the last one, so skipped documents
	 * are replaced by a second query that reads more. */
	if (!e && skipped && list.n + skipped == query->limit)
		e = find(&list, &skipped, ctx, collection, shape, query, SKIPPED_MAX);
	if (!e)
		*out = list;
	return e;
}

/* ---- count ---- */

enum err db_count(int64_t *n, struct ctx *ctx, const char *collection, const bson_t *filter,
		  int64_t limit)
{
	enum err e = ERR_RETRY;

	for (int i = 1; i <= ATTEMPTS && e == ERR_RETRY; i++) {
		struct db_op op;
		int64_t found;

		e = db_op_begin(&op, ctx, "count", collection);
		if (e)
			return e;
		op.repeatable = i < ATTEMPTS;
		BSON_APPEND_INT64(&op.opts, "limit", limit);
		found = mongoc_collection_count_documents(op.collection, filter, &op.opts, NULL,
							  &op.reply, &op.error);
		e = db_op_end(&op, found >= 0);
		if (!e)
			*n = found;
	}
	return e;
}
