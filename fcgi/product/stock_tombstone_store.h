/* Removes the tombstones (stock_store.h) that have expired. */
#ifndef STOCK_TOMBSTONE_STORE_H
#define STOCK_TOMBSTONE_STORE_H

#include "ctx.h"

/* One round. */
void tombstones_prune(struct ctx *ctx);

#endif
