/* Deliveries: the delivery service's, over REST. What changes one may be repeated. */
#ifndef DELIVERY_CLIENT_H
#define DELIVERY_CLIENT_H

#include "ctx.h"
#include "fcgi/contracts/deliveries.h"

/* Tells delivery of a list of struct delivery_order. A temporary error: it is away; ERR_INTERNAL:
 * it refuses, logged. */
enum err deliveries_dispatch(struct ctx *ctx, const struct list *orders,
			     long timeout_ms) MUST_CHECK;

/* Has a delivery cancelled. ERR_NOT_CANCELLABLE where it is on its way; a temporary error. */
enum err deliveries_cancel(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			   const char *by) MUST_CHECK;

/* ERR_ORDER_NOT_FOUND where it wasn't told yet; a temporary error. */
enum err deliveries_get_state(const struct delivery_state **state, struct ctx *ctx,
			      const bson_oid_t *order_id) MUST_CHECK;

#endif
