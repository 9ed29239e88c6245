/* Products in the database: product_db.products. */
#ifndef PRODUCT_STORE_H
#define PRODUCT_STORE_H

#include "ctx.h"
#include "shape.h"

struct product {
	bson_oid_t _id; /* their order is the shop's */
	const char *name, *description;
	struct money price;
	const char *category;
	const char *unit;      /* what one of it is: "1 L", "6 pcs" */
	const char *image_url; /* a path on the gateway */
	bool available;
};

enum { PRODUCTS_MAX = 100000 };

extern const char product_collection[];
extern const struct shape product_doc;

/* All products, in order of their ids; what is no product is left out, and logged. */
enum err product_all(struct list *products, struct ctx *ctx) MUST_CHECK;

/* Inserts a product unless its id is there: what a shop changed since is left alone. */
enum err product_add_missing(bool *added, struct ctx *ctx,
			     const struct product *product) MUST_CHECK;

#endif
