/* What an order costs: from the lines of a cart and the products as they are now. Pure. */
#ifndef PRICING_H
#define PRICING_H

#include "order_store.h"
#include "snapshot.h"

/*
 * Fills in an order's items and total; memory from the arena. Lines whose product is gone or not
 * available can't be ordered: their product ids come in `refused` (bson_oid_t), and the error is
 * ERR_OUT_OF_STOCK. ERR_INTERNAL where the total overflows.
 */
enum err order_price(struct order *order, struct list *refused, struct arena *arena,
		     const struct list *lines, const struct snapshot *products) MUST_CHECK;

#endif
