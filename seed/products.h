/* Loads the catalogue. */
#ifndef SEED_PRODUCTS_H
#define SEED_PRODUCTS_H

#include "ctx.h"

/* Inserts the products of a JSON file that the database doesn't have, and leaves the others
 * unchanged. *added of *n products. ERR_INVALID, with the reason on stderr, if the file is invalid;
 * then nothing was inserted. */
enum err products_seed(size_t *added, size_t *n, struct ctx *ctx, const char *path) MUST_CHECK;

#endif
