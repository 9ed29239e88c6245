/* Releases of reservations (stock_store.h), with or without tombstones. */
#ifndef STOCK_RELEASE_STORE_H
#define STOCK_RELEASE_STORE_H

#include "stock_store.h"

/*
 * Releases an order's reservations of its lines (struct stock_line, each product at most once).
 * `abandoned_ms`: when the order was abandoned, by the database server's clock (0: not known). A
 * stock that was set later includes the units already (stock_store_change()). Except for
 * RELEASE_ANSWERED, each product gets a tombstone. ERR_STOCK_RELEASE_POSTPONED: a product has no
 * room for one, nothing was changed, and the caller repeats the call later; *full (bson_oid_t) are
 * those products, none where a concurrent release used the last room.
 */
enum err stock_store_release(struct list *full, struct ctx *ctx, const bson_oid_t *order_id,
			     const struct list *lines, enum stock_release_kind how,
			     int64_t abandoned_ms) MUST_CHECK;

/* Releases an order's reservations of its lines without tombstones. `abandoned_ms`: as in
 * stock_store_release(). */
enum err stock_store_release_plain(struct ctx *ctx, const bson_oid_t *order_id,
				   const struct list *lines, int64_t abandoned_ms) MUST_CHECK;

#endif
