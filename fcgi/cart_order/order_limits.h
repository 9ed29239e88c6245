/* The limits of an account: pieces in one order, and orders in an hour. */
#ifndef ORDER_LIMITS_H
#define ORDER_LIMITS_H

#include "ctx.h"
#include "shape.h"

/* ORDERS_PER_HOUR, ORDER_PIECES_MAX; 0: no limit. Set once, before any thread. */
extern int64_t orders_per_hour, order_pieces_max;

/* ERR_ORDER_TOO_LARGE where the items (struct stock_line) have more pieces in all than an order may
 * have. */
enum err check_pieces(const struct list *items) MUST_CHECK;

/*
 * ERR_TOO_MANY_ORDERS where the user has created as many orders in the last hour as allowed,
 * including cancelled ones: *wait_ms is then the time until the next one is allowed. Exact while
 * the user has a checkout open: until it is closed, no other call of the user can create an order.
 */
enum err check_orders_of_hour(int64_t *wait_ms, struct ctx *ctx, const char *user_id) MUST_CHECK;

#endif
