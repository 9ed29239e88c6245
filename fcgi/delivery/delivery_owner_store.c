/* Deliveries that were created without a user. */
#include "delivery_owner_store.h"

#include "db.h"

enum err deliveries_set_missing_users(struct ctx *ctx, const struct delivery_order *const *orders,
				      size_t n)
{
	struct db_statement *statements = arena_array(ctx->arena, n, sizeof *statements);
	size_t n_statements = 0;
	int64_t matched;

	if (!statements)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		const struct delivery_order *order = orders[i];
		bson_t *filter, *update;

		if (!order->user_id)
			continue;
		filter = ctx_bson(ctx, BCON_NEW("order_id", BCON_OID(&order->order_id), "user_id",
						"{", "$exists", BCON_BOOL(false), "}"));
		update =
		    ctx_bson(ctx, BCON_NEW("$set", "{", "user_id", BCON_UTF8(order->user_id), "}"));
		if (!filter || !update)
			return ERR_NO_MEMORY;
		statements[n_statements++] =
		    (struct db_statement){.filter = filter, .update = update};
	}
	if (!n_statements)
		return OK;
	return db_update_each(&matched, ctx, delivery_collection, statements, n_statements);
}
