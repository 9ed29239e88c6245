/* Records that were made without a user. */
#include "delivery_adopt_store.h"

#include "db.h"

static enum err adopt_one(struct db_statement *statement, struct ctx *ctx,
			  const struct delivery_order *order)
{
	bson_t *filter = ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(&order->order_id), "user_id",
						"{", "$exists", BCON_BOOL(false), "}"));
	bson_t *update =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "user_id", BCON_UTF8(order->user_id), "}"));

	*statement = (struct db_statement){.filter = filter, .update = update};
	return filter && update ? OK : ERR_NO_MEMORY;
}

enum err deliveries_adopt(struct ctx *ctx, const struct delivery_order *const *orders, size_t n)
{
	struct db_statement *statements = arena_array(ctx->arena, n, sizeof *statements);
	size_t n_known = 0;
	int64_t matched;
	enum err e = statements ? OK : ERR_NO_MEMORY;

	for (size_t i = 0; i < n && !e; i++) {
		if (orders[i]->user_id)
			e = adopt_one(&statements[n_known++], ctx, orders[i]);
	}
	if (e || !n_known)
		return e;
	return db_update_each(&matched, ctx, delivery_collection, statements, n_known);
}
