/* Products in the database: product_db.products. */
#ifndef PRODUCT_STORE_H
#define PRODUCT_STORE_H

#include "ctx.h"
#include "fcgi/contracts/product_facts.h"
#include "shape.h"

struct product {
	bson_oid_t _id; /* products are listed in order of their ids */
	struct product_facts facts;
	const char *description, *category;
	bool available;
	int64_t stock; /* units for sale */
};

enum { PRODUCTS_MAX = 100000, STOCK_MAX = 1000000 };

extern const char product_collection[];
/* The limits of a product, for the seed and for stored products. */
extern const struct shape product_doc;

/* Reads all products, in order of their ids. Malformed ones, and those out of product_doc's limits,
 * are skipped and logged. */
enum err product_all(struct list *products, struct ctx *ctx) MUST_CHECK;

/* Reads the products with these ids, likewise. */
enum err product_some(struct list *products, struct ctx *ctx, const bson_oid_t *ids,
		      size_t n) MUST_CHECK;

/* Inserts a product unless its id exists. An existing product is not changed, except that one
 * without a stock, from an earlier version, gets the stock of `product`. */
enum err product_add_missing(bool *added, struct ctx *ctx,
			     const struct product *product) MUST_CHECK;

#endif
