/* Stock: the product service's, over REST. What gives back and settles may be repeated: the order's
 * id makes it one. A take is sent once. */
#ifndef STOCK_CLIENT_H
#define STOCK_CLIENT_H

#include "ctx.h"
#include "fcgi/contracts/stock.h"

/*
 * Takes the stock of an order's lines (struct stock_line), all or none. `taken` (struct
 * reserved_product) has their order. ERR_OUT_OF_STOCK: nothing is held, and `refused` is the JSON
 * array of the product ids, borrowed. A temporary error: some of it may be held, now or in a
 * moment.
 */
enum err stock_take(struct list *taken, struct json_object **refused, struct ctx *ctx,
		    const bson_oid_t *order_id, const struct list *lines) MUST_CHECK;

/* Releases what is held for an order, which can then take no more. `abandoned_ms`: when the order
 * was abandoned, by the database server's clock; 0: not known, or it was sold. ERR_STOCK_PUT_OFF:
 * not yet, to be repeated later; *full (bson_oid_t) names the products that had no place for its
 * tombstone. */
enum err stock_give_back(struct list *full, struct ctx *ctx, const bson_oid_t *order_id,
			 const struct list *lines, enum stock_release how,
			 int64_t abandoned_ms) MUST_CHECK;

/* What is held for these orders is sold for good. */
enum err stock_settle(struct ctx *ctx, const bson_oid_t *order_ids, size_t n) MUST_CHECK;

/* Nothing about the stock of these orders is repeated any more: their tombstones go. */
enum err stock_forget(struct ctx *ctx, const bson_oid_t *order_ids, size_t n) MUST_CHECK;

#endif
