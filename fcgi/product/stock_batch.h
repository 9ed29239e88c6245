/* A command of several updates of products, put together line by line. For the stock's files. */
#ifndef STOCK_BATCH_H
#define STOCK_BATCH_H

#include "db.h"

struct stock_batch {
	struct ctx *ctx;
	struct db_statement *statements;
	size_t n;
};

/* Makes room for `max` updates. */
enum err stock_batch_begin(struct stock_batch *batch, struct ctx *ctx, size_t max) MUST_CHECK;

/* Takes filter and update over; either may be NULL for want of memory. `needed`: as db_statement.
 */
enum err stock_batch_add(struct stock_batch *batch, bson_t *filter, bson_t *update,
			 bool needed) MUST_CHECK;

enum err stock_batch_run(const struct stock_batch *batch) MUST_CHECK;

/* Releases what an order holds of its lines, without tombstones. `abandoned_ms`: as in
 * stock_store_give_back(). */
enum err stock_release_held(struct ctx *ctx, const bson_oid_t *order_id, const struct list *lines,
			    int64_t abandoned_ms) MUST_CHECK;

#endif
