/* Deliveries in the database: delivery_db.order_status, one document an order. */
#ifndef DELIVERY_STORE_H
#define DELIVERY_STORE_H

#include "ctx.h"
#include "shape.h"
#include "status.h"

struct delivery {
	bson_oid_t _id, order_id;
	const char *user_id; /* whose order it is; NULL where nobody said (AUTH_REQUIRED=off) */
	int status;          /* enum status */
	struct timestamp last_updated;
};

/* ERR_ORDER_NOT_FOUND. */
enum err delivery_get(struct delivery *delivery, struct ctx *ctx,
		      const bson_oid_t *order_id) MUST_CHECK;

/* Makes an order's record, PLACED. ERR_DUPLICATE where it has one; that one stays as it is. */
enum err delivery_start(struct ctx *ctx, const bson_oid_t *order_id,
			const char *user_id) MUST_CHECK;

/* Compare and set. ERR_NO_DOCUMENT where the order isn't in the state `from`. */
enum err delivery_move(struct ctx *ctx, const bson_oid_t *order_id, enum status from,
		       enum status to) MUST_CHECK;

#endif
