/* What older versions wrote to product_db, and how it gets the form of today. */
#include "migrations.h"

/* Up to 2026-11-22 products had no stock. Those of the catalogue's file have got theirs before, as
 * the seed loads it first; of the others there is nothing to sell until somebody sets it. */
static enum err default_stock(struct migration_change *change, struct ctx *ctx, const bson_t *doc)
{
	(void)ctx;
	if (bson_has_field(doc, "stock"))
		return OK;
	BCON_APPEND(change->filter, "stock", "{", "$exists", BCON_BOOL(false), "}");
	BCON_APPEND(change->update, "$set", "{", "stock", BCON_INT64(0), "}");
	return OK;
}

static const struct migration rows[] = {
    {"2026-11-stock-default", "products", "{\"stock\": 1}", default_stock},
};
const struct migrations product_migrations = MIGRATIONS(rows);
