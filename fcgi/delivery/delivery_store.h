/* Deliveries in the database: delivery_db.order_status, one document an order. */
#ifndef DELIVERY_STORE_H
#define DELIVERY_STORE_H

#include "ctx.h"
#include "shape.h"
#include "status.h"

/* Who changes a state. */
struct actor {
	const char *by;      /* service, courier, admin, customer, or guest: nobody said */
	const char *user_id; /* NULL where it is no person, or nobody said */
};

/* One entry of a history: a state, since when, and who brought it about. */
struct change {
	int status; /* enum status */
	struct timestamp at;
	const char *by, *user_id; /* as in struct actor */
};

struct delivery {
	bson_oid_t _id, order_id;
	const char *user_id; /* whose order it is; NULL where nobody said (AUTH_REQUIRED=off) */
	int status;          /* enum status */
	struct timestamp last_updated;
	struct list history; /* struct change, the oldest first; old records have none, or a part */
};

/* ERR_ORDER_NOT_FOUND. */
enum err delivery_get(struct delivery *delivery, struct ctx *ctx,
		      const bson_oid_t *order_id) MUST_CHECK;

/* Makes an order's record, PLACED. ERR_DUPLICATE where it has one; that one stays as it is. */
enum err delivery_start(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			const struct actor *actor) MUST_CHECK;

/* Takes a step to a state: compare and set, the history with it. ERR_NO_DOCUMENT where the order
 * isn't in the state from which such a step leads there. */
enum err delivery_move(struct ctx *ctx, const bson_oid_t *order_id, enum step step, enum status to,
		       const struct actor *actor) MUST_CHECK;

/* Cancels an order of a user, known here or not: afterwards it has a record, which is CANCELLED. OK
 * also where it was before. ERR_NOT_CANCELLABLE where it is on its way. */
enum err delivery_cancel(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			 const struct actor *actor) MUST_CHECK;

#endif
