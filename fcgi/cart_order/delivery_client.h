/* Calls to the delivery service, over REST. Those that change a delivery are idempotent. */
#ifndef DELIVERY_CLIENT_H
#define DELIVERY_CLIENT_H

#include "ctx.h"
#include "fcgi/contracts/deliveries.h"

/* Dispatches a list of struct delivery_order. A temporary error: the delivery service is
 * unavailable; ERR_INTERNAL: it refused the call, logged. */
enum err deliveries_dispatch(struct ctx *ctx, const struct list *orders,
			     long timeout_ms) MUST_CHECK;

/* Cancels a delivery. ERR_NOT_CANCELLABLE where it is packed or later; a temporary error;
 * ERR_INTERNAL: the delivery service refused the call, logged. */
enum err deliveries_cancel(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			   const char *by) MUST_CHECK;

/* Reads the state of a delivery. ERR_ORDER_NOT_FOUND where the order wasn't dispatched yet; a
 * temporary error; ERR_INTERNAL: the delivery service refused the call, logged. */
enum err deliveries_get_state(const struct delivery_state **state, struct ctx *ctx,
			      const bson_oid_t *order_id) MUST_CHECK;

#endif
