/* Reserve calls (stock_store.h). Concurrent calls share one group commit. */
#ifndef STOCK_RESERVE_STORE_H
#define STOCK_RESERVE_STORE_H

#include "stock_store.h"

/*
 * Reserves the stock of an order's lines (struct stock_line, each product at most once), all or
 * none. `reserved` (struct reserved_product) has the order of the lines. Idempotent by the order's
 * id; the calls of one order must not overlap. ERR_OUT_OF_STOCK: nothing is reserved, and *refused
 * (bson_oid_t) are the products with too little stock. ERR_STOCK_RELEASED: the order was released
 * before. A temporary error: some lines may be reserved, and the caller must release them.
 */
enum err stock_store_reserve(struct list *reserved, struct list *refused, struct ctx *ctx,
			     const bson_oid_t *order_id, const struct list *lines) MUST_CHECK;

#endif
