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

/* All lines of all these users: into the arena of the one who reads for them. */
static enum err read_all(struct list *lines, struct ctx *ctx, struct group_commit_job **jobs,
			 size_t n)
{
	const char *users[GROUP_COMMIT_MAX] = {NULL};
	bson_t *filter = ctx_bson(ctx, bson_new());

	if (!filter)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		users[i] = reading_of(jobs[i])->user_id;
	db_append_texts(filter, "user_id", users, n);
	return db_find(lines, ctx, cart_collection, &cart_line_doc,
		       &(struct db_query){.filter = filter,
					  .limit = n * CART_LINES_READ,
					  .skip_malformed = true});
}

static size_t count_own(const struct reading *reading, const struct list *all)
{
	const struct cart_line *line = all->items;
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += strcmp(line[i].user_id, reading->user_id) == 0;
	return n;
}

/* One user's, with their texts in his own arena. */
static enum err pick_own(struct reading *reading, const struct list *all)
{
	struct arena *arena = reading->job.ctx->arena;
	size_t n_own = count_own(reading, all), n = 0;
	struct cart_line *own = arena_array(arena, n_own ? n_own : 1, sizeof *own);

	if (!own)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < all->n; i++) {
		const struct cart_line *line = (const struct cart_line *)all->items + i;

		if (strcmp(line->user_id, reading->user_id) != 0)
			continue;
		own[n] = *line;
		if (product_facts_dup(&own[n].facts, arena, &line->facts))
			return ERR_NO_MEMORY;
		own[n++].user_id = reading->user_id;
	}
	*reading->lines = (struct list){own, n};
	return OK;
}

static void run_readings(struct ctx *ctx, struct group_commit_job **jobs, size_t n)
{
	struct list all = {NULL, 0};
	enum err e = read_all(&all, ctx, jobs, n);
	/* One cart with far too many lines may have left no room for the others'. */
	bool apart = !e && n > 1 && all.n == n * CART_LINES_READ;

	for (size_t i = 0; i < n; i++) {
		if (apart)
			run_readings(ctx, &jobs[i], 1);
		else
			jobs[i]->result = e ? e : pick_own(reading_of(jobs[i]), &all);
	}
}

static struct group_commit readings = GROUP_COMMIT(run_readings);

enum err cart_lines(struct list *lines, struct ctx *ctx, const char *user_id)
{
	struct reading reading = {.job.ctx = ctx, .user_id = user_id, .lines = lines};
	enum err e = group_commit(&readings, &reading.job);

	/* Here rather than in the database, which has more to do than we. */
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

/* A filter for the line if its quantity lies in a range. */
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

static enum err line_exists(struct ctx *ctx, const struct cart_ref *ref)
{
	bson_t *filter = whole_line_filter(ctx, ref);
	int64_t n;
	enum err e = filter ? db_count(&n, ctx, cart_collection, filter, 1) : ERR_NO_MEMORY;

	return e ? e : n ? OK : ERR_ITEM_NOT_FOUND;
}

/* ERR_NO_DOCUMENT where there is no such line in that range. */
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
	enum err e = line_change(ctx, ref, 1, 0, LINE_QUANTITY_MAX - 1);

	if (e != ERR_NO_DOCUMENT)
		return e;
	e = line_exists(ctx, ref);
	return e ? e : ERR_QUANTITY_LIMIT;
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
	/* It isn't there; or it grew between the two. */
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
