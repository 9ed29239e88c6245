#include "pricing.h"

#include "cart_store.h"
#include "products.h"

enum err order_price(struct order *order, struct list *refused, struct arena *arena,
		     const struct list *lines, const struct snapshot *products)
{
	struct order_item *items = arena_array(arena, lines->n, sizeof *items);
	bson_oid_t *bad = arena_array(arena, lines->n, sizeof *bad);
	struct money total = {0};
	size_t n_bad = 0;

	if (!items || !bad)
		return ERR_UNAVAILABLE;
	for (size_t i = 0; i < lines->n; i++) {
		const struct cart_line *line = (const struct cart_line *)lines->items + i;
		const struct product *p = products_find(products, &line->product_id);

		if (!p || !p->available) {
			bad[n_bad++] = line->product_id;
			continue;
		}
		items[i] = (struct order_item){line->product_id, p->name, line->quantity, p->price};
		if (money_add(&total, p->price, line->quantity))
			return ERR_INTERNAL;
	}
	*refused = (struct list){bad, n_bad};
	if (n_bad)
		return ERR_OUT_OF_STOCK;
	order->items = (struct list){items, lines->n};
	order->total = total;
	return OK;
}
