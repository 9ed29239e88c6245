/*
 * A replica of the product service's catalogue, read over REST, about a second old. A refresh reads
 * only what changed since the last one. A malformed entry is skipped and logged: this service
 * doesn't have the product until the entry is valid.
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
	int64_t stock; /* units for sale */
	char texts[];  /* of the facts */
};

/* One round of the job that refreshes the replica. */
void products_refresh(struct ctx *ctx);

/* Refreshes the replica unless a refresh began in the last `age_ms`. Concurrent callers share a
 * refresh, so a process makes at most one in that time. A temporary error. */
enum err products_renew(struct ctx *ctx, int64_t age_ms) MUST_CHECK;
/* Releases the snapshot, at the end of the process. */
void products_end(void);

/* Whether the replica has been read. */
bool products_known(void);

/* A reference to the present snapshot, released with the context. A temporary error before the
 * first one. */
enum err products_ref(struct snapshot **products, struct ctx *ctx) MUST_CHECK;

/* The product with that id, or NULL. Borrowed from the snapshot. */
const struct product *products_find(const struct snapshot *products, const bson_oid_t *id);

#endif
