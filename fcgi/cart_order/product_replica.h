/*
 * The catalogue as this service knows it: a copy of the product service's, over REST, a second or
 * so old. A refresh brings only what changed since the last one. An entry that can't be read is
 * left out and logged: to this service there is no such product until it can be.
 */
#ifndef PRODUCT_REPLICA_H
#define PRODUCT_REPLICA_H

#include "ctx.h"
#include "fcgi/contracts/product_facts.h"
#include "snapshot.h"

struct product {
	struct snapshot_item item;
	struct product_facts facts;
	bool available;
	int64_t stock; /* what is left to sell */
	char texts[];  /* of the facts */
};

/* A round of the job that refreshes the copy. */
void products_refresh(struct ctx *ctx);

/* Refreshes the copy unless it was asked for in the last `age_ms`; callers at the same time share a
 * refresh, so a process makes no more than one in that time. A temporary error where that fails. */
enum err products_renew(struct ctx *ctx, int64_t age_ms) MUST_CHECK;
void products_end(void);

/* Whether there is a copy at all. */
bool products_known(void);

/* The copy for as long as the context lives. A temporary error while there is none. */
enum err products_ref(struct snapshot **products, struct ctx *ctx) MUST_CHECK;

/* The product with that id, or NULL. Borrowed from the copy. */
const struct product *products_find(const struct snapshot *products, const bson_oid_t *id);

#endif
