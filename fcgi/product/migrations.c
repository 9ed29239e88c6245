/* Migrations of documents in product_db that older versions wrote. */
#include "migrations.h"

/* Until 2026-11-22 products had no stock. The seed runs first and sets the stock of products in its
 * file; that of the others is 0 until staff set it. */
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
