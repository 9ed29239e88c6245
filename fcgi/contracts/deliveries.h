/*
 * Deliveries: calls of the cart & order service to the delivery service.
 *
 *	POST DELIVERY_ORDERS_PATH  delivery_orders → a message: makes the records of orders; a
 *	                           repetition is harmless
 *	GET DELIVERY_ORDER_PATH    → delivery_state; refused by ERR_ORDER_NOT_FOUND
 *	POST DELIVERY_CANCEL_PATH  delivery_cancellation → a message: the order is cancelled,
 *whether it had a record or not; refused by ERR_NOT_CANCELLABLE
 */
#ifndef CONTRACTS_DELIVERIES_H
#define CONTRACTS_DELIVERIES_H

#include "shape.h"

#define DELIVERY_ORDERS_PATH "/internal/orders"
#define DELIVERY_ORDER_PATH  "/internal/orders/{order_id}"
#define DELIVERY_CANCEL_PATH "/internal/orders/{order_id}/cancel"

enum { DELIVERY_ORDERS_MAX = 1000 /* of a call */ };

/* An order that is to be delivered. */
struct delivery_order {
	bson_oid_t order_id;
	const char *user_id;
	const char *request_id, *traceparent; /* of the call that made it; may be NULL */
};

struct delivery_orders {
	struct list orders; /* struct delivery_order */
};

/* A status that an order came into. */
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

/* delivery_cancellation: as it is received; delivery_cancellation_body: as it is sent. */
extern const struct shape delivery_orders, delivery_event, delivery_state, delivery_cancellation,
    delivery_cancellation_body;

/* A path with the order's id in its place; memory from the arena, NULL without it. */
const char *delivery_path(struct arena *arena, const char *path, const bson_oid_t *order_id);

#endif
