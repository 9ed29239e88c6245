#include "product_store.h"

#include "db.h"

const char product_collection[] = "products";

static const struct field fields[] = {
    {FIELD(struct product, _id)},         {FIELD(struct product, name)},
    {FIELD(struct product, description)}, {FIELD(struct product, price)},
    {FIELD(struct product, category)},    {FIELD(struct product, unit)},
    {FIELD(struct product, image_url)},   {FIELD(struct product, available)},
};
const struct shape product_doc = SHAPE(struct product, fields);

enum err product_all(struct list *products, struct ctx *ctx)
{
	bson_t *all = ctx_bson(ctx, bson_new());
	bson_t *by_id = ctx_bson(ctx, BCON_NEW("_id", BCON_INT32(1)));

	if (!all || !by_id)
		return ERR_UNAVAILABLE;
	return db_find(products, ctx, product_collection, &product_doc,
		       &(struct db_query){.filter = all,
					  .sort = by_id,
					  .limit = PRODUCTS_MAX,
					  .skip_malformed = true});
}

enum err product_add_missing(bool *added, struct ctx *ctx, const struct product *product)
{
	enum err e = db_insert(ctx, product_collection, &product_doc, product);

	if (e && e != ERR_DUPLICATE)
		return e;
	*added = !e;
	return OK;
}
