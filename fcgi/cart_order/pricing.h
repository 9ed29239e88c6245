/* What an order costs: from the lines of a cart and the products as their stock was taken. Pure. */
#ifndef PRICING_H
#define PRICING_H

#include "order_store.h"

/* Fills in an order's items and total out of lines (struct cart_line) and what was taken for each
 * (struct reserved_product); memory from the arena. ERR_INTERNAL where the total overflows. */
enum err order_price(struct order *order, struct arena *arena, const struct list *lines,
		     const struct list *reserved) MUST_CHECK;

#endif
