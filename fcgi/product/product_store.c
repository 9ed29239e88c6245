/* Products in the database, and the limits of their fields. */
#include "product_store.h"

#include "db.h"

const char product_collection[] = "products";

static const struct field fields[] = {
    {FIELD(struct product, _id)},
    LIMITED_PRODUCT_FACTS(struct product, facts),
    {FIELD(struct product, description), .min = 1, .max = 1000},
    {FIELD(struct product, category), .min = 1, .max = 100},
    {FIELD(struct product, available)},
    /* No maximum: returns of cancelled orders may exceed STOCK_MAX. Absent in products of an
     * earlier version: 0. */
    {FIELD(struct product, stock), .absent = "0"},
};
const struct shape product_doc = BOUNDED_SHAPE(struct product, fields);

/* Excludes `holds`, which readers of products don't need, and which may be long. */
static enum err find(struct list *products, struct ctx *ctx, const bson_t *filter, size_t limit)
{
	const bson_t *by_id = ctx_bson(ctx, BCON_NEW("_id", BCON_INT32(1)));
	const bson_t *but_holds = ctx_bson(ctx, BCON_NEW("holds", BCON_INT32(0)));

	if (!filter || !by_id || !but_holds)
		return ERR_NO_MEMORY;
	return db_find(products, ctx, product_collection, &product_doc,
		       &(struct db_query){.filter = filter,
					  .sort = by_id,
					  .fields = but_holds,
					  .limit = limit,
					  .skip_malformed = true});
}

enum err product_all(struct list *products, struct ctx *ctx)
{
	return find(products, ctx, ctx_bson(ctx, bson_new()), PRODUCTS_MAX);
}

enum err product_some(struct list *products, struct ctx *ctx, const bson_oid_t *ids, size_t n)
{
	bson_t *filter = ctx_bson(ctx, bson_new());

	if (!filter)
		return ERR_NO_MEMORY;
	db_append_ids(filter, "_id", ids, n);
	return find(products, ctx, filter, n);
}

/* ---- the seed ---- */

enum err product_add_missing(bool *added, struct ctx *ctx, const struct product *product)
{
	const bson_t *without = ctx_bson(ctx, BCON_NEW("_id", BCON_OID(&product->_id), "stock", "{",
						       "$exists", BCON_BOOL(false), "}"));
	const bson_t *stocked =
	    ctx_bson(ctx, BCON_NEW("$set", "{", "stock", BCON_INT64(product->stock), "}"));
	enum err e;

	if (!without || !stocked)
		return ERR_NO_MEMORY;
	e = db_insert(ctx, product_collection, &product_doc, product);
	if (e && e != ERR_DUPLICATE)
		return e;
	*added = !e;
	if (!e)
		return OK;
	e = db_update(NULL, ctx, product_collection, without, stocked, false);
	return e == ERR_NO_DOCUMENT ? OK : e;
}
