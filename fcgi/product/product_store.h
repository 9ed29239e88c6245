/* Products in the database: product_db.products. */
#ifndef PRODUCT_STORE_H
#define PRODUCT_STORE_H

#include "ctx.h"
#include "fcgi/contracts/product_facts.h"
#include "shape.h"

struct product {
	bson_oid_t _id; /* their order is the shop's */
	struct product_facts facts;
	const char *description, *category;
	bool available;
	int64_t stock; /* what is left to sell */
};

enum { PRODUCTS_MAX = 100000, STOCK_MAX = 1000000 };

extern const char product_collection[];
/* What a product may be, where the seed reads it and where it is stored. */
extern const struct shape product_doc;

/* All products, in order of their ids; what is no product, or has a value beyond product_doc's
 * limits, is left out, and logged. */
enum err product_all(struct list *products, struct ctx *ctx) MUST_CHECK;

/* Those of the ids that there are, likewise. */
enum err product_some(struct list *products, struct ctx *ctx, const bson_oid_t *ids,
		      size_t n) MUST_CHECK;

/* Inserts a product unless its id is there: what a shop changed since is left alone, but one that
 * was made before there was stock is given its own. */
enum err product_add_missing(bool *added, struct ctx *ctx,
			     const struct product *product) MUST_CHECK;

#endif
