/*
 * The catalogue in memory: an immutable snapshot with everything rendered that is read often, made
 * anew when the data change and shared by all threads. Products are shared between snapshots, so a
 * change costs the rendering of what changed and one copy of the list.
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

/* JSON as it is sent, with its tag. */
struct rendered {
	const char *bytes;
	size_t len;
	char etag[ETAG_SIZE];
};

/* Compresses a text (gzip.h) into the arena, with the tag of the plain one. ERR_NO_MEMORY without
 * memory. */
enum err rendered_gzip(struct rendered *packed, struct arena *arena,
		       const struct rendered *text) MUST_CHECK;

/* The form in which a product is given out. */
extern const struct shape product_out;

/* A product as it is given out; or the mark of one that is gone, so that those who hold a copy
 * of the catalogue learn of it. */
struct entry {
	struct snapshot_item item;
	int64_t version; /* of the change that brought it here */
	bool gone;
	bool available; /* and stock: as of the product, 0 where it is gone */
	int64_t stock;
	struct rendered json; /* empty where it is gone */
	const char *category;
	const char *search;          /* name, line feed, category, as text_fold() makes them */
	const char *folded_category; /* the end of it */
	char texts[];                /* all of these, in the entry's own block */
};

/* A change to a product; `product` is NULL where it is gone. */
struct change {
	bson_oid_t id;
	int64_t version;
	const struct product *product;
};

/*
 * Makes a snapshot out of the previous one (NULL: none) and changes to it; of two changes to one
 * product the later in the list counts. `image_base` stands before each image_url. The first
 * snapshot is made with its `version`, the base below which nothing is known of changes.
 * NULL without memory. The caller holds the result: snapshot_unref().
 */
struct snapshot *catalogue_new(struct snapshot *previous, const struct change *changes, size_t n,
			       int64_t version, const char *image_base);

/* The whole list, and the names of categories in their first products' order. Borrowed. */
const struct rendered *catalogue_list(const struct snapshot *catalogue);
/* The list compressed, with the tag of the plain one: by the first reader that wants it, and kept
 * as long as the snapshot. NULL without memory. Borrowed. Thread-safe. */
const struct rendered *catalogue_list_gzip(const struct snapshot *catalogue);
const struct rendered *catalogue_categories(const struct snapshot *catalogue);

/* One product; NULL where there is none or it is gone. */
const struct entry *catalogue_find(const struct snapshot *catalogue, const bson_oid_t *id);

#endif
