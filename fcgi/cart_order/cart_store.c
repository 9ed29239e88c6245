/* Carts in the database: reading them, and changes of one line. */
#include "cart_store.h"

#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "fcgi/contracts/stock.h"
#include "group_commit.h"

_Static_assert((int)LINE_QUANTITY_MAX <= (int)STOCK_QUANTITY_MAX &&
		   (int)CART_LINES_MAX <= (int)STOCK_LINES_MAX,
	       "the stock of each cart can be reserved");

const char cart_collection[] = "cart_items";

static const struct field fields[] = {
    {FIELD(struct cart_line, _id)},         {FIELD(struct cart_line, user_id)},
    {FIELD(struct cart_line, product_id)},  {FIELD(struct cart_line, quantity)},
    PRODUCT_FACTS(struct cart_line, facts),
};
const struct shape cart_line_doc = SHAPE(struct cart_line, fields);

/* ---- reading ---- */

struct reading {
	struct group_commit_job job;
	const char *user_id;
	struct list *lines;
};

static struct reading *reading_of(struct group_commit_job *job)
{
	return (struct reading *)(void *)job;
}

static int compare_ids(const void *a, const void *b)
{
	return bson_oid_compare(&((const struct cart_line *)a)->_id,
				&((const struct cart_line *)b)->_id);
}

/* Picks the lines of one reader, and copies their texts into its arena. */
static enum err pick_own(struct reading *reading, const struct list *all)
{
	struct arena *arena = reading->job.ctx->arena;
	const struct cart_line *line = all->items;
	struct cart_line *own;
	size_t n_own = 0, n = 0;

	for (size_t i = 0; i < all->n; i++)
		n_own += strcmp(line[i].user_id, reading->user_id) == 0;
	own = arena_array(arena, n_own ? n_own : 1, sizeof *own);
	if (!own)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < all->n; i++) {
		if (strcmp(line[i].user_id, reading->user_id) != 0)
			continue;
		own[n] = line[i];
		if (product_facts_dup(&own[n].facts, arena, &line[i].facts))
			return ERR_NO_MEMORY;
		own[n++].user_id = reading->user_id;
	}
	*reading->lines = (struct list){own, n};
	return OK;
}

/* Reads the lines of all users, into the leader's arena. */
static void run_readings(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	const char *users[GROUP_COMMIT_MAX] = {NULL};
	bson_t *filter = ctx_bson(ctx, bson_new());
	struct list all = {NULL, 0};
	enum err e = filter ? OK : ERR_NO_MEMORY;

	for (size_t i = 0; i < n; i++)
		users[i] = reading_of(jobs[i])->user_id;
	if (!e) {
		db_append_texts(filter, "user_id", users, n);
		e = db_find(&all, ctx, cart_collection, &cart_line_doc,
			    &(struct db_query){.filter = filter,
					       .limit = n * CART_LINES_READ,
					       .skip_malformed = true});
	}
	/* One cart with far too many lines may have left no room for the others'. */
	if (!e && n > 1 && all.n == n * CART_LINES_READ)
		e = ERR_RETRY;
	for (size_t i = 0; i < n; i++)
		jobs[i]->result = e ? e : pick_own(reading_of(jobs[i]), &all);
}

static struct group_commit readings = GROUP_COMMIT(run_readings);

enum err cart_lines(struct list *lines, struct ctx *ctx, const char *user_id)
{
	struct reading reading = {.job.ctx = ctx, .user_id = user_id, .lines = lines};
	enum err e = group_commit(&readings, &reading.job);

	/* Sorted here, because the database is the busier side. */
	if (!e && lines->n)
		qsort(lines->items, lines->n, sizeof(struct cart_line), compare_ids);
	return e;
}

/* ---- one line ---- */

static bson_t *whole_line_filter(struct ctx *ctx, const struct cart_ref *ref)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("_id", BCON_OID(ref->id)));

	if (filter && ref->user_id)
		BSON_APPEND_UTF8(filter, "user_id", ref->user_id);
	return filter;
}

/* Matches the line if its quantity is in a range. */
static bson_t *line_filter(struct ctx *ctx, const struct cart_ref *ref, int64_t least, int64_t most)
{
	bson_t *filter = whole_line_filter(ctx, ref);
	bson_t range;

	if (!filter)
		return NULL;
	BSON_APPEND_DOCUMENT_BEGIN(filter, "quantity", &range);
	BSON_APPEND_INT64(&range, "$gte", least);
	BSON_APPEND_INT64(&range, "$lte", most);
	bson_append_document_end(filter, &range);
	return filter;
}

/* Adds `by` to the quantity. ERR_NO_DOCUMENT where no such line has a quantity in the range. */
static enum err line_change(struct ctx *ctx, const struct cart_ref *ref, int64_t by, int64_t least,
			    int64_t most)
{
	bson_t *filter = line_filter(ctx, ref, least, most);
	bson_t *update = ctx_bson(ctx, BCON_NEW("$inc", "{", "quantity", BCON_INT64(by), "}"));

	if (!filter || !update)
		return ERR_NO_MEMORY;
	return db_update(NULL, ctx, cart_collection, filter, update, false);
}

static enum err line_delete(struct ctx *ctx, const bson_t *filter)
{
	int64_t n;
	enum err e = filter ? db_delete(&n, ctx, cart_collection, filter) : ERR_NO_MEMORY;

	return e ? e : n ? OK : ERR_ITEM_NOT_FOUND;
}

enum err cart_line_remove(struct ctx *ctx, const struct cart_ref *ref)
{
	return line_delete(ctx, whole_line_filter(ctx, ref));
}

enum err cart_line_increase(struct ctx *ctx, const struct cart_ref *ref)
{
	const bson_t *filter;
	int64_t n;
	enum err e = line_change(ctx, ref, 1, 0, LINE_QUANTITY_MAX - 1);

	if (e != ERR_NO_DOCUMENT)
		return e;
	filter = whole_line_filter(ctx, ref);
	e = filter ? db_count(&n, ctx, cart_collection, filter, 1) : ERR_NO_MEMORY;
	if (e)
		return e;
	return n ? ERR_QUANTITY_LIMIT : ERR_ITEM_NOT_FOUND;
}

enum err cart_line_decrease(bool *removed, struct ctx *ctx, const struct cart_ref *ref)
{
	enum err e = line_change(ctx, ref, -1, 2, INT64_MAX);

	*removed = false;
	if (e != ERR_NO_DOCUMENT)
		return e;
	e = line_delete(ctx, line_filter(ctx, ref, INT64_MIN, 1));
	*removed = !e;
	if (e != ERR_ITEM_NOT_FOUND)
		return e;
	/* The line doesn't exist, or it grew between the two commands. */
	e = line_change(ctx, ref, -1, 2, INT64_MAX);
	return e == ERR_NO_DOCUMENT ? ERR_ITEM_NOT_FOUND : e;
}

/* ---- order ---- */

/* {user_id, $or: [{_id, quantity}]} */
static bson_t *these_lines(struct ctx *ctx, const struct cart_part *part)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("user_id", BCON_UTF8(part->user_id)));
	bson_t any, one;

	if (!filter)
		return NULL;
	BSON_APPEND_ARRAY_BEGIN(filter, "$or", &any);
	for (size_t i = 0; i < part->lines->n; i++) {
		const struct cart_line *line = (const struct cart_line *)part->lines->items + i;

		/* the server ignores an array's keys */
		BSON_APPEND_DOCUMENT_BEGIN(&any, "0", &one);
		BSON_APPEND_OID(&one, "_id", &line->_id);
		BSON_APPEND_INT64(&one, "quantity", line->quantity);
		bson_append_document_end(&any, &one);
	}
	bson_append_array_end(filter, &any);
	return filter;
}

enum err carts_remove_lines(struct ctx *ctx, const struct cart_part *parts, size_t n)
{
	const bson_t **filters = arena_array(ctx->arena, n, sizeof *filters);
	size_t n_lines = 0;
	int64_t removed;
	enum err e;

	if (!filters)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		filters[i] = these_lines(ctx, &parts[i]);
		if (!filters[i])
			return ERR_NO_MEMORY;
		n_lines += parts[i].lines->n;
	}
	e = db_delete_each(&removed, ctx, cart_collection, filters, n);
	return !e && (size_t)removed != n_lines ? ERR_RETRY : e;
}
