/*
 * Deliveries: calls of the cart & order service to the delivery service.
 *
 *	POST DELIVERY_ORDERS_PATH  delivery_orders → a message: inserts the records of orders;
 *	                           idempotent
 *	GET DELIVERY_ORDER_PATH    → delivery_state; refused by ERR_ORDER_NOT_FOUND
 *	POST DELIVERY_CANCEL_PATH  delivery_cancellation → a message: cancels an order, with a
 *	                           record or without; refused by ERR_NOT_CANCELLABLE
 */
#ifndef CONTRACTS_DELIVERIES_H
#define CONTRACTS_DELIVERIES_H

#include "shape.h"

#define DELIVERY_ORDERS_PATH "/internal/orders"
#define DELIVERY_ORDER_PATH  "/internal/orders/{order_id}"
#define DELIVERY_CANCEL_PATH "/internal/orders/{order_id}/cancel"

enum { DELIVERY_ORDERS_MAX = 1000 /* in a call */ };

/* An order to deliver. */
struct delivery_order {
	bson_oid_t order_id;
	const char *user_id;
	const char *request_id, *traceparent; /* of the call that created it; may be NULL */
};

struct delivery_orders {
	struct list orders; /* struct delivery_order */
};

/* A change of status. */
struct delivery_event {
	const char *status, *at, *by; /* at: ISO 8601, in UTC */
};

struct delivery_state {
	const char *status;
	struct list history; /* struct delivery_event, the oldest first */
};

enum { CANCELLED_BY_CUSTOMER, CANCELLED_BY_ADMIN };
extern const char *const cancelled_by_names[];

struct delivery_cancellation {
	const char *user_id; /* whose order it is */
	int by;
	bson_oid_t order_id; /* from the path */
};

/* delivery_cancellation is the received request; delivery_cancellation_body is the sent body. */
extern const struct shape delivery_orders, delivery_event, delivery_state, delivery_cancellation,
    delivery_cancellation_body;

/* Replaces the placeholder of a path by the order's id. Memory from the arena; NULL without memory.
 */
const char *delivery_path(struct arena *arena, const char *path, const bson_oid_t *order_id);

#endif
