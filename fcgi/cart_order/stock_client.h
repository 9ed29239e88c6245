/* Stock calls to the product service, over REST. The order's id makes each of them idempotent. */
#ifndef STOCK_CLIENT_H
#define STOCK_CLIENT_H

#include "ctx.h"
#include "fcgi/contracts/stock.h"

/*
 * Reserves the stock of an order's lines (struct stock_line), all or none. `reserved` (struct
 * reserved_product) has the order of the lines. The call is sent once. ERR_OUT_OF_STOCK: nothing is
 * reserved, and `refused` is the JSON array of the product ids, borrowed. A temporary error: some
 * lines may be reserved, now or when the call is executed late.
 */
enum err stock_reserve(struct list *reserved, struct json_object **refused, struct ctx *ctx,
		       const bson_oid_t *order_id, const struct list *lines) MUST_CHECK;

/* Releases an order's reservations, or returns its sold units; the order can't reserve again.
 * `abandoned_ms`: when the order was abandoned, by the database server's clock; 0: not known, or
 * the order was sold. ERR_STOCK_RELEASE_POSTPONED: to be repeated later; *full (bson_oid_t) are the
 * products without room for the order's tombstone. */
enum err stock_release(struct list *full, struct ctx *ctx, const bson_oid_t *order_id,
		       const struct list *lines, enum stock_release_kind kind,
		       int64_t abandoned_ms) MUST_CHECK;

/* Confirms the reservations of these orders, STOCK_ORDERS_MAX at the most: their units are sold. */
enum err stock_confirm(struct ctx *ctx, const bson_oid_t *order_ids, size_t n) MUST_CHECK;

/* Removes the tombstones of these orders, STOCK_ORDERS_MAX at the most. No call about their stock
 * is repeated any more. */
enum err stock_forget(struct ctx *ctx, const bson_oid_t *order_ids, size_t n) MUST_CHECK;

#endif
