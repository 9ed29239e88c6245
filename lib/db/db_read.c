/* Reads: find and count. */
#include <string.h>

#include "db.h"
#include "db_private.h"

enum {
	FIRST_CAPACITY = 16,
	SKIPPED_MAX = 1000, /* malformed documents that are left out and don't shorten a list */
};

/* A read that met a dead connection is made a second time; db_op_end() says when. */
enum { ATTEMPTS = 2 };

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

/* The first document through the shape: *found in the arena, or NULL. */
static enum err read_first(void **found, struct db_op *op, const struct shape *shape)
{
	const bson_t *doc;

	*found = NULL;
	if (!mongoc_cursor_next(op->cursor, &doc))
		return OK;
	*found = arena_alloc(op->ctx->arena, shape->size);
	return *found ? db_op_decode(*found, op, shape, doc) : ERR_NO_MEMORY;
}

static enum err find_one_once(void **found, struct ctx *ctx, const char *collection,
			      const struct shape *shape, const bson_t *filter, bool repeatable)
{
	struct db_op op;
	enum err decoded, e = db_op_begin(&op, ctx, "find", collection);

	if (e)
		return e;
	op.repeatable = repeatable;
	BSON_APPEND_INT64(&op.opts, "limit", 1);
	op.cursor = mongoc_collection_find_with_opts(op.collection, filter, &op.opts, NULL);
	decoded = read_first(found, &op, shape);
	e = db_op_end(&op, true);
	return e ? e : decoded;
}

enum err db_find_one(void *out, struct ctx *ctx, const char *collection, const struct shape *shape,
		     const bson_t *filter)
{
	void *found = NULL;
	enum err e = ERR_RETRY;

	for (int i = 1; i <= ATTEMPTS && e == ERR_RETRY; i++)
		e = find_one_once(&found, ctx, collection, shape, filter, i < ATTEMPTS);
	if (!e && !found)
		e = ERR_NO_DOCUMENT;
	if (!e)
		memcpy(out, found, shape->size);
	return e;
}

/* ---- find ---- */

/* Room for one more: twice as much each time. What is outgrown stays in the arena until its end. */
static enum err grow(struct list *list, size_t *capacity, struct arena *arena, size_t size,
		     size_t limit)
{
	size_t wanted = *capacity ? *capacity * 2 : FIRST_CAPACITY;
	void *items;

	if (wanted > limit)
		wanted = limit;
	items = arena_array(arena, wanted, size);
	if (!items)
		return ERR_NO_MEMORY;
	if (list->n)
		memcpy(items, list->items, list->n * size);
	list->items = items;
	*capacity = wanted;
	return OK;
}

/* *skipped: how many were left out. */
static enum err read_all(struct list *out, size_t *skipped, struct db_op *op,
			 const struct shape *shape, const struct db_query *query)
{
	struct list list = {NULL, 0};
	size_t capacity = 0;
	const bson_t *doc;

	while (list.n < query->limit && mongoc_cursor_next(op->cursor, &doc)) {
		enum err e = OK;

		if (list.n == capacity)
			e = grow(&list, &capacity, op->ctx->arena, shape->size, query->limit);
		if (!e)
			e = db_op_decode((char *)list.items + list.n * shape->size, op, shape, doc);
		if (e == ERR_INTERNAL && query->skip_malformed) {
			/* What it left half filled is not the next one's. */
			memset((char *)list.items + list.n * shape->size, 0, shape->size);
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

static void append_query(bson_t *opts, const struct db_query *query, size_t more)
{
	/* All in one answer, as far as it holds 16 MB: not 101 documents first, as the default. */
	int32_t most = query->limit < INT32_MAX ? (int32_t)query->limit : INT32_MAX;

	BSON_APPEND_INT64(opts, "limit", (int64_t)most + (int64_t)more);
	BSON_APPEND_INT32(opts, "batchSize", most);
	if (query->sort)
		BSON_APPEND_DOCUMENT(opts, "sort", query->sort);
	if (query->fields)
		BSON_APPEND_DOCUMENT(opts, "projection", query->fields);
}

/* What is read: at first, and again with room for what was left out. */
struct reading {
	struct list list;
	size_t skipped; /* documents that were left out */
	size_t more;    /* documents to read beyond the query's limit */
};

static enum err find_once(struct reading *reading, struct ctx *ctx, const char *collection,
			  const struct shape *shape, const struct db_query *query, bool repeatable)
{
	struct db_op op;
	enum err decoded, e = db_op_begin(&op, ctx, "find", collection);

	if (e)
		return e;
	op.repeatable = repeatable;
	append_query(&op.opts, query, reading->more);
	op.cursor = mongoc_collection_find_with_opts(op.collection, query->filter, &op.opts, NULL);
	reading->skipped = 0;
	decoded = read_all(&reading->list, &reading->skipped, &op, shape, query);
	e = db_op_end(&op, true);
	return e ? e : decoded;
}

static enum err find_repeatedly(struct reading *reading, struct ctx *ctx, const char *collection,
				const struct shape *shape, const struct db_query *query)
{
	enum err e = ERR_RETRY;

	for (int i = 1; i <= ATTEMPTS && e == ERR_RETRY; i++)
		e = find_once(reading, ctx, collection, shape, query, i < ATTEMPTS);
	return e;
}

enum err db_find(struct list *out, struct ctx *ctx, const char *collection,
		 const struct shape *shape, const struct db_query *query)
{
	struct reading reading = {.more = 0};
	enum err e = find_repeatedly(&reading, ctx, collection, shape, query);

	/* A page that is short is the last one to its reader. */
	if (!e && reading.skipped && reading.list.n + reading.skipped == query->limit) {
		reading.more = SKIPPED_MAX;
		e = find_repeatedly(&reading, ctx, collection, shape, query);
	}
	if (!e)
		*out = reading.list;
	return e;
}

/* ---- count ---- */

static enum err count_once(int64_t *n, struct ctx *ctx, const char *collection,
			   const bson_t *filter, int64_t limit, bool repeatable)
{
	struct db_op op;
	int64_t found;
	enum err e = db_op_begin(&op, ctx, "count", collection);

	if (e)
		return e;
	op.repeatable = repeatable;
	BSON_APPEND_INT64(&op.opts, "limit", limit);
	found = mongoc_collection_count_documents(op.collection, filter, &op.opts, NULL, &op.reply,
						  &op.error);
	e = db_op_end(&op, found >= 0);
	if (!e)
		*n = found;
	return e;
}

enum err db_count(int64_t *n, struct ctx *ctx, const char *collection, const bson_t *filter,
		  int64_t limit)
{
	enum err e = ERR_RETRY;

	for (int i = 1; i <= ATTEMPTS && e == ERR_RETRY; i++)
		e = count_once(n, ctx, collection, filter, limit, i < ATTEMPTS);
	return e;
}
