/* The price of an order. */
#include "pricing.h"

#include "cart_store.h"
#include "stock_client.h"

enum err order_price(struct order *order, struct arena *arena, const struct list *lines,
		     const struct list *reserved)
{
	struct order_item *items = arena_array(arena, lines->n, sizeof *items);
	struct money total = {0};

	if (!items)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < lines->n; i++) {
		const struct cart_line *line = (const struct cart_line *)lines->items + i;
		const struct reserved_product *t =
		    (const struct reserved_product *)reserved->items + i;

		items[i] = (struct order_item){t->product_id, t->facts, line->quantity};
		if (money_add(&total, t->facts.price, line->quantity))
			return ERR_INTERNAL;
	}
	order->items = (struct list){items, lines->n};
	order->total = total;
	return OK;
}
