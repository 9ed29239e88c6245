/* Removal of expired tombstones. */
#include "stock_tombstone_store.h"

#include "clock.h"
#include "db.h"
#include "product_store.h"
#include "stock_store.h"

/* {$pull: {holds: fitting}} in the products that match the filter. Takes ownership of both. */
static enum err pull(struct ctx *ctx, bson_t *filter, bson_t *fitting)
{
	static const bson_oid_t least;
	const bson_t *update;
	int64_t matched;

	/* Lets the index find the products with reservations or tombstones: most have none. */
	BCON_APPEND(filter, "holds.order_id", "{", "$gte", BCON_OID(&least), "}");
	filter = ctx_bson(ctx, filter);
	fitting = ctx_bson(ctx, fitting);
	if (!filter || !fitting)
		return ERR_NO_MEMORY;
	update = ctx_bson(ctx, BCON_NEW("$pull", "{", "holds", BCON_DOCUMENT(fitting), "}"));
	if (!update)
		return ERR_NO_MEMORY;
	return db_update_each(&matched, ctx, product_collection,
			      &(struct db_statement){filter, update, .multi = true}, 1);
}

/* An earlier version stored tombstones without an expiry. */
static bson_t *undated_before(int64_t before)
{
	return BCON_NEW("quantity", BCON_INT64(0), "until", BCON_NULL, "at", "{", "$lt",
			BCON_DATE_TIME(before), "}");
}

void tombstones_prune(struct ctx *ctx)
{
	int64_t now = clock_now_ms();
	char last[32];
	enum err e = pull(ctx, BCON_NEW("holds.until", "{", "$lt", BCON_DATE_TIME(now), "}"),
			  BCON_NEW("quantity", BCON_INT64(0), "until", "{", "$lt",
				   BCON_DATE_TIME(now), "}"));

	if (!e)
		e = pull(ctx, bson_new(), undated_before(now - TOMBSTONE_RETURN_MS));
	/* An earlier version stored more than TOMBSTONES_MAX of them in a product, which would
	 * postpone releases for days. */
	snprintf(last, sizeof last, "holds.%d", TOMBSTONES_MAX - 1);
	if (!e)
		e = pull(ctx, BCON_NEW(last, "{", "$exists", BCON_BOOL(true), "}"),
			 undated_before(now - TOMBSTONE_MS));
	(void)e; /* logged where it occurred; the next round repeats the work */
}
