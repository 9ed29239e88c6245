/*
 * The saga that creates an order: steps around one transaction, in a table in order_saga.c. A crash
 * between two steps leaves a checkout, which the sweeper completes or compensates.
 */
#ifndef ORDER_SAGA_H
#define ORDER_SAGA_H

#include "key_store.h"
#include "money.h"
#include "shape.h"

/* The input. */
struct order_request {
	const char *user_id;
	struct money expected_total; /* MONEY_NONE: any total */
	struct key key;
	bool is_limited; /* the limits of an account apply (order_limits.h) */
};

/* The outcome. */
struct order_result {
	const char *answer;          /* OK: the response body */
	struct json_object *refused; /* ERR_OUT_OF_STOCK: the product ids, borrowed */
	struct money total;          /* ERR_TOTAL_CHANGED: the present total */
	int64_t wait_ms;             /* ERR_TOO_MANY_ORDERS: until the next is allowed */
};

/* The shape of the answer. */
extern const struct shape order_created_out;

/*
 * Creates an order from the user's cart, or returns the answer that is stored under the key. Waits
 * up to 2 s for another call of the user that is creating one. ERR_CART_EMPTY, ERR_CART_FULL,
 * ERR_ORDER_TOO_LARGE, ERR_TOO_MANY_ORDERS, ERR_OUT_OF_STOCK, ERR_TOTAL_CHANGED: no order was
 * created, and the cart is unchanged. ERR_IN_PROGRESS: the other call hasn't ended, or the cart
 * changed during each of CART_CHANGES_MAX attempts and no order was created. ERR_INVALID: the key
 * has answered another request. A temporary error: an order may have been created or not.
 */
enum err place_order(struct order_result *result, struct ctx *ctx,
		     const struct order_request *request) MUST_CHECK;

#endif
