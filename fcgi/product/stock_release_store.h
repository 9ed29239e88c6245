/* Releases of stock (stock_store.h), and the tombstones that they leave. */
#ifndef STOCK_RELEASE_STORE_H
#define STOCK_RELEASE_STORE_H

#include "stock_store.h"

/* Releases what an order holds of its lines (struct stock_line, no product twice). `abandoned_ms`:
 * when the order was abandoned, by the database server's clock (0: not known); a stock that was set
 * since then includes its units (stock_store_change()). But for RELEASE_ANSWERED, each product gets
 * a tombstone; ERR_STOCK_PUT_OFF where one has no place for it, to be repeated later: *full
 * (bson_oid_t) names those products, or none where another release took the last place just now. */
enum err stock_store_give_back(struct list *full, struct ctx *ctx, const bson_oid_t *order_id,
			       const struct list *lines, enum stock_release how,
			       int64_t abandoned_ms) MUST_CHECK;

/* Releases what an order holds of its lines, without tombstones. `abandoned_ms`: as in
 * stock_store_give_back(). */
enum err stock_release_held(struct ctx *ctx, const bson_oid_t *order_id, const struct list *lines,
			    int64_t abandoned_ms) MUST_CHECK;

#endif
