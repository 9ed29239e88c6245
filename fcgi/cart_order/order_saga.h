/*
 * Making an order: a saga around one transaction, whose steps are a table in order_saga.c. A crash
 * between any two of them leaves a checkout, by which the sweeper puts things right.
 */
#ifndef ORDER_SAGA_H
#define ORDER_SAGA_H

#include "key_store.h"
#include "money.h"
#include "shape.h"

/* What the caller asks for. */
struct order_request {
	const char *user_id;
	struct money expected_total; /* MONEY_NONE: any */
	struct key key;
	bool is_limited; /* the ceilings of an account hold for the caller (order_limits.h) */
};

/* The outcome. */
struct order_result {
	const char *answer;          /* OK: the JSON for the client */
	struct json_object *refused; /* ERR_OUT_OF_STOCK: the product ids, borrowed */
	struct money total;          /* ERR_TOTAL_CHANGED: what it costs now */
	int64_t wait_ms;             /* ERR_TOO_MANY_ORDERS: until the next is allowed */
};

/* That answer. */
extern const struct shape order_created_out;

/*
 * Makes an order of the user's cart, or finds the answer that was given under the key. Waits up to
 * 2 s for another call that is making one. ERR_CART_EMPTY, ERR_ORDER_TOO_LARGE,
 * ERR_TOO_MANY_ORDERS, ERR_OUT_OF_STOCK, ERR_TOTAL_CHANGED: nothing was ordered, and the cart is as
 * it was; ERR_IN_PROGRESS: the other call isn't done yet, or nothing was ordered, since the cart
 * changed during each of a few tries; ERR_INVALID: the key has answered another request;
 * a temporary error: there may be an order or not.
 */
enum err place_order(struct order_result *result, struct ctx *ctx,
		     const struct order_request *request) MUST_CHECK;

#endif
