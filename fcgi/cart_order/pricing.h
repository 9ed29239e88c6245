/* The price of an order, from the lines of a cart and the reserved products. Pure. */
#ifndef PRICING_H
#define PRICING_H

#include "order_store.h"

/* Fills in an order's items and total from the lines (struct cart_line) and the reserved products
 * of these lines (struct reserved_product); memory from the arena. ERR_INTERNAL where the total
 * overflows. */
enum err order_price(struct order *order, struct arena *arena, const struct list *lines,
		     const struct list *reserved) MUST_CHECK;

#endif
