/* The limits of an account. */
#include "order_limits.h"

#include "clock.h"
#include "order_store.h"
#include "stock_client.h"

enum { HOUR_MS = 3600 * 1000 };

int64_t orders_per_hour, order_pieces_max;

enum err check_pieces(const struct list *items)
{
	const struct stock_line *line = items->items;
	int64_t pieces = 0; /* a cart's lines and their quantities are bounded */

	for (size_t i = 0; i < items->n; i++)
		pieces += line[i].quantity;
	return order_pieces_max && pieces > order_pieces_max ? ERR_ORDER_TOO_LARGE : OK;
}

enum err check_orders_of_hour(int64_t *wait_ms, struct ctx *ctx, const char *user_id)
{
	int64_t now = clock_now_ms();
	struct timestamp created;
	enum err e;

	if (!orders_per_hour)
		return OK;
	e = order_created_at(&created, ctx, user_id, now - HOUR_MS, (size_t)orders_per_hour);
	if (e)
		return e == ERR_NO_DOCUMENT ? OK : e;
	*wait_ms = created.ms + HOUR_MS - now;
	return ERR_TOO_MANY_ORDERS;
}
