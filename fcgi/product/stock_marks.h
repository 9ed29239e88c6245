/* Removes the tombstones (stock_store.h) that have expired. */
#ifndef STOCK_MARKS_H
#define STOCK_MARKS_H

#include "ctx.h"

/* One round. */
void stock_marks_prune(struct ctx *ctx);

#endif
