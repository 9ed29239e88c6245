/* The catalogue's data file. */
#ifndef SEED_PRODUCTS_H
#define SEED_PRODUCTS_H

#include "ctx.h"

/* Loads the products of a JSON file that are missing in the database; the others stay as they are.
 * Says on stderr which one is wrong, and why: ERR_INVALID, and nothing was loaded. */
enum err products_seed(size_t *added, size_t *n, struct ctx *ctx, const char *path) MUST_CHECK;

#endif
