/* Removal of expired tombstones. */
#include "stock_tombstone_store.h"

#include "clock.h"
#include "db.h"
#include "product_store.h"
#include "stock_store.h"

/* Lets the index find the products with reservations or tombstones: most products have none. */
static bson_t *append_has_reservations(bson_t *filter)
{
	static const bson_oid_t least;

	BCON_APPEND(filter, "holds.order_id", "{", "$gte", BCON_OID(&least), "}");
	return filter;
}

/* {$pull: {holds: fitting}} in the products that match the filter. Takes ownership of both. */
static enum err pull(struct ctx *ctx, bson_t *filter, bson_t *fitting)
{
	const bson_t *update;
	int64_t matched;

	filter = ctx_bson(ctx, append_has_reservations(filter));
	fitting = ctx_bson(ctx, fitting);
	if (!filter || !fitting)
		return ERR_NO_MEMORY;
	update = ctx_bson(ctx, BCON_NEW("$pull", "{", "holds", BCON_DOCUMENT(fitting), "}"));
	if (!update)
		return ERR_NO_MEMORY;
	return db_update_each(&matched, ctx, product_collection,
			      &(struct db_statement){filter, update, .multi = true}, 1);
}

static enum err pull_expired(struct ctx *ctx)
{
	int64_t now = clock_now_ms();

	return pull(ctx, BCON_NEW("holds.until", "{", "$lt", BCON_DATE_TIME(now), "}"),
		    BCON_NEW("quantity", BCON_INT64(0), "until", "{", "$lt", BCON_DATE_TIME(now),
			     "}"));
}

/* An earlier version stored tombstones without an expiry. */
static bson_t *undated_before(int64_t before)
{
	return BCON_NEW("quantity", BCON_INT64(0), "until", BCON_NULL, "at", "{", "$lt",
			BCON_DATE_TIME(before), "}");
}

static enum err pull_undated(struct ctx *ctx)
{
	return pull(ctx, bson_new(), undated_before(clock_now_ms() - TOMBSTONE_RETURN_MS));
}

/* It also stored more than TOMBSTONES_MAX of them in a product, which would postpone releases for
 * days. */
static enum err pull_undated_of_crowded(struct ctx *ctx)
{
	char last[32];

	snprintf(last, sizeof last, "holds.%d", TOMBSTONES_MAX - 1);
	return pull(ctx, BCON_NEW(last, "{", "$exists", BCON_BOOL(true), "}"),
		    undated_before(clock_now_ms() - TOMBSTONE_MS));
}

void tombstones_prune(struct ctx *ctx)
{
	static enum err (*const steps[])(struct ctx *ctx) = {
	    pull_expired,
	    pull_undated,
	    pull_undated_of_crowded,
	};
	enum err e =
	    OK; /* an error is logged where it occurs, and the next round repeats the work */

	for (size_t i = 0; i < sizeof steps / sizeof steps[0] && !e; i++)
		e = steps[i](ctx);
}
