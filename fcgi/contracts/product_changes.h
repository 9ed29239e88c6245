/*
 * The call by which cart & order refreshes its replica of the catalogue.
 *
 *	GET PRODUCT_CHANGES_PATH  ?since=version → product_changes
 *
 * The product service writes the answer from rendered products, with the texts below. They and the
 * shape describe the same object.
 */
#ifndef CONTRACTS_PRODUCT_CHANGES_H
#define CONTRACTS_PRODUCT_CHANGES_H

#include <inttypes.h>

#include "product_facts.h"
#include "shape.h"

#define PRODUCT_CHANGES_PATH "/internal/products"

struct product_changes_query {
	int64_t since; /* version of the caller's replica; 0: none */
};

/* The members of a product that the replica stores. The answer has its other members as well. */
struct replicated_product {
	bson_oid_t _id;
	struct product_facts facts;
	bool available;
	int64_t stock;
};

struct removed_product {
	bson_oid_t _id;
};

struct product_changes {
	int64_t version;
	bool full;            /* replaces the whole replica */
	struct list products; /* struct replicated_product */
	struct list gone;     /* struct removed_product */
};

extern const struct shape product_changes_query, product_changes;

/* PRODUCT_CHANGES_BEGIN (version, "true" or "false"), products as JSON, PRODUCT_CHANGES_GONE,
 * PRODUCT_CHANGES_REMOVED (id) each, PRODUCT_CHANGES_END; commas between the items. */
#define PRODUCT_CHANGES_BEGIN   "{\"version\":%" PRId64 ",\"full\":%s,\"products\":["
#define PRODUCT_CHANGES_GONE    "],\"gone\":["
#define PRODUCT_CHANGES_REMOVED "{\"_id\":\"%s\"}"
#define PRODUCT_CHANGES_END     "]}"

/* The path with its query. Memory from the arena; NULL without memory. */
const char *product_changes_path(struct arena *arena, int64_t since);

#endif
