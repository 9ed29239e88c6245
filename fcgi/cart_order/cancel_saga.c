/* Cancelling an order: a checkout that is CANCELLING; the delivery service decides. */
#include "cancel_saga.h"

#include "log.h"
#include "stock_client.h"
#include "sweeper_job.h"

/* Once the checkout is written, the sweeper completes the cancellation even if this process dies.
 */
enum err cancel_order(struct ctx *ctx, const struct order *order, const char *by)
{
	struct stock_line *lines = arena_array(ctx->arena, order->items.n, sizeof *lines);
	struct checkout checkout = {
	    ._id = order->_id,
	    .user_id = order->user_id,
	    .items = {lines, order->items.n},
	    .by = by,
	};
	enum err e;

	if (!lines)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < order->items.n; i++) {
		const struct order_item *item = (const struct order_item *)order->items.items + i;

		lines[i] = (struct stock_line){item->product_id, item->quantity};
	}
	e = checkout_cancel(ctx, &checkout);
	if (e == ERR_DUPLICATE)
		return OK;
	if (!e)
		e = sweeper_resume(ctx, &checkout);
	if (e == ERR_NO_DOCUMENT)
		log_event(LOG_INFO, ctx, "checkout.claimed_by_another");
	/* ERR_INTERNAL: the delivery service refused the call as malformed, which the log has. */
	return e == ERR_INTERNAL || e == ERR_NO_DOCUMENT ? ERR_UNAVAILABLE : e;
}
