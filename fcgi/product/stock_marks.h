/* Keeps the marks of stock that was given back (stock_store.h) from growing without end. */
#ifndef STOCK_MARKS_H
#define STOCK_MARKS_H

#include "ctx.h"

enum {
	MARK_DAYS = 7,        /* a call for an order is never as late as that */
	PRODUCT_HOLDS = 1000, /* a product with more is slow to change: … */
	PRODUCT_MARKS = 500,  /* … its newest are kept, and those of the last minutes */
};

/* One round: pulls marks that are too old or too many. */
void stock_marks_prune(struct ctx *ctx);

#endif
