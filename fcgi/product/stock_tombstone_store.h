/* Removal of expired tombstones (stock_store.h). */
#ifndef STOCK_TOMBSTONE_STORE_H
#define STOCK_TOMBSTONE_STORE_H

#include "ctx.h"

/* One round of the background job: removes the tombstones that have expired. */
void tombstones_prune(struct ctx *ctx);

#endif
