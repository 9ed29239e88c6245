/* Selections of the catalogue: a search, a category, a page, or changes since a version. */
#ifndef CATALOGUE_READ_H
#define CATALOGUE_READ_H

#include "catalogue.h"

enum { SEARCH_WORDS_MAX = 8 };

/* The parameters of a selection. */
struct selection {
	const char *q;           /* words that must all occur; those beyond SEARCH_WORDS_MAX
				    are ignored; NULL: any */
	const char *category;    /* NULL: any; both are folded by text_fold() */
	const bson_oid_t *after; /* NULL: from the beginning */
	size_t limit;            /* CATALOGUE_LIST_MAX at the most */
};

/* Renders a selection into the arena. *next is the cursor of the next page, NULL at the end. */
enum err catalogue_select(struct rendered *json, const bson_oid_t **next, struct arena *arena,
			  const struct snapshot *catalogue,
			  const struct selection *selection) MUST_CHECK;

/* Renders what changed since a version for another service's replica
 * (fcgi/contracts/product_changes.h). */
enum err catalogue_since(const char **json, size_t *len, struct arena *arena,
			 const struct snapshot *catalogue, int64_t since) MUST_CHECK;

#endif
