/*
 * The catalogue in memory: an immutable snapshot that all threads share, with everything rendered
 * that is read often. A change of the data makes a new snapshot. Snapshots share products, so a
 * change costs the rendering of the changed products and one copy of the list.
 */
#ifndef CATALOGUE_H
#define CATALOGUE_H

#include <stdint.h>

#include "product_store.h"
#include "snapshot.h"

enum {
	CATALOGUE_LIST_MAX = 10000, /* products in an answer */
	ETAG_SIZE = 35,             /* 32 hexadecimal digits in quotes */
};

/* A response body with its ETag. */
struct rendered {
	const char *bytes;
	size_t len;
	char etag[ETAG_SIZE];
};

/* Compresses a text (gzip.h) into the arena; the ETag stays that of the plain text. ERR_NO_MEMORY.
 */
enum err rendered_gzip(struct rendered *packed, struct arena *arena,
		       const struct rendered *text) MUST_CHECK;

/* The published shape of a product. */
extern const struct shape product_out;

/* A rendered product, or a removed one, which stays in the list so that replicas remove it, too. */
struct entry {
	struct snapshot_item item;
	int64_t version; /* of the change that made this entry */
	bool gone;
	bool available; /* this and stock: of the product; 0 where it is gone */
	int64_t stock;
	struct rendered json; /* empty where it is gone */
	const char *category;
	const char *search;          /* name, line feed, category, folded by text_fold() */
	const char *folded_category; /* the last part of `search` */
	char texts[];                /* storage of the texts */
};

/* A change to a product; `product` is NULL where it is gone. */
struct change {
	bson_oid_t id;
	int64_t version;
	const struct product *product;
};

/*
 * Makes a snapshot from the previous one (NULL: none) and changes; of two changes of one product
 * the later in the list counts. `image_base` is the prefix of each image_url. `version` is that of
 * the first snapshot, its base: changes before it are unknown. The caller calls snapshot_unref().
 * NULL without memory.
 */
struct snapshot *catalogue_new(struct snapshot *previous, const struct change *changes, size_t n,
			       int64_t version, const char *image_base);

/* The whole list, and the names of categories in their first products' order. Borrowed. */
const struct rendered *catalogue_list(const struct snapshot *catalogue);
/* The compressed list, with the ETag of the plain one. The first call compresses it; it is kept
 * with the snapshot. NULL without memory. Borrowed. Thread-safe. */
const struct rendered *catalogue_list_gzip(const struct snapshot *catalogue);
const struct rendered *catalogue_categories(const struct snapshot *catalogue);

/* The product with that id; NULL where there is none, or it was removed. */
const struct entry *catalogue_find(const struct snapshot *catalogue, const bson_oid_t *id);

#endif
