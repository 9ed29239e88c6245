#include "stock_marks.h"

#include <stdlib.h>

#include "clock.h"
#include "db.h"
#include "product_store.h"
#include "stock_store.h"

enum {
	DAY_MS = 24 * 60 * 60 * 1000,
	YOUNG_MS = 10 * 60 * 1000,
	CROWDED_MAX = 20, /* products in a round: each may be long */
};

/* An index finds those that hold anything; a shop has many that don't. */
static bson_t *append_has_holds(bson_t *filter)
{
	static const bson_oid_t least;

	BCON_APPEND(filter, "holds.order_id", "{", "$gte", BCON_OID(&least), "}");
	return filter;
}

/* Marks from before that moment; `product_id` NULL: of all products. */
static enum err pull_marks(struct ctx *ctx, const bson_oid_t *product_id, int64_t before)
{
	bson_t *filter =
	    ctx_bson(ctx, BCON_NEW("holds", "{", "$elemMatch", "{", "quantity", BCON_INT64(0), "at",
				   "{", "$lt", BCON_DATE_TIME(before), "}", "}", "}"));
	const bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$pull", "{", "holds", "{", "quantity", BCON_INT64(0), "at", "{",
				   "$lt", BCON_DATE_TIME(before), "}", "}", "}"));
	int64_t matched;

	if (!filter || !update)
		return ERR_UNAVAILABLE;
	if (product_id)
		BSON_APPEND_OID(filter, "_id", product_id);
	else
		append_has_holds(filter);
	return db_update_each(&matched, ctx, product_collection,
			      &(struct db_statement){filter, update, .multi = true}, 1);
}

/* ---- too many ---- */

struct crowded {
	bson_oid_t _id;
	struct list holds;
};

static const struct field crowded_fields[] = {
    {FIELD(struct crowded, _id)},
    {FIELD(struct crowded, holds), .of = &hold_doc},
};
static const struct shape crowded_doc = SHAPE(struct crowded, crowded_fields);

static enum err find_crowded(struct list *crowded, struct ctx *ctx)
{
	char last[32];
	bson_t *filter;
	const bson_t *fields = ctx_bson(ctx, BCON_NEW("holds", BCON_INT32(1)));

	snprintf(last, sizeof last, "holds.%d", PRODUCT_HOLDS);
	filter = ctx_bson(ctx, BCON_NEW(last, "{", "$exists", BCON_BOOL(true), "}"));
	if (!filter || !fields)
		return ERR_UNAVAILABLE;
	return db_find(crowded, ctx, product_collection, &crowded_doc,
		       &(struct db_query){.filter = append_has_holds(filter),
					  .fields = fields,
					  .limit = CROWDED_MAX,
					  .skip_malformed = true});
}

static int newest_first(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x < y) - (x > y);
}

static enum err thin_out(struct ctx *ctx, const struct crowded *product)
{
	const struct hold *hold = product->holds.items;
	int64_t *times = arena_array(ctx->arena, product->holds.n, sizeof *times);
	int64_t before = clock_now_ms() - YOUNG_MS; /* a younger mark may still be needed */
	size_t n = 0;

	if (!times)
		return ERR_UNAVAILABLE;
	for (size_t i = 0; i < product->holds.n; i++) {
		if (hold[i].quantity == 0)
			times[n++] = hold[i].at.ms;
	}
	if (n <= PRODUCT_MARKS)
		return OK; /* the rest are orders that wait to be settled */
	qsort(times, n, sizeof *times, newest_first);
	if (times[PRODUCT_MARKS - 1] < before)
		before = times[PRODUCT_MARKS - 1];
	return pull_marks(ctx, &product->_id, before);
}

void stock_marks_prune(struct ctx *ctx)
{
	const struct crowded *products;
	struct list crowded;
	enum err e = pull_marks(ctx, NULL, clock_now_ms() - (int64_t)MARK_DAYS * DAY_MS);

	if (!e)
		e = find_crowded(&crowded, ctx);
	if (e)
		return; /* logged; the next round is soon */
	products = crowded.items;
	for (size_t i = 0; i < crowded.n && !e; i++)
		e = thin_out(ctx, &products[i]);
}
