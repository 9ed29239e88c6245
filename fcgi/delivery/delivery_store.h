/* Deliveries in the database: delivery_db.order_status, one document an order. */
#ifndef DELIVERY_STORE_H
#define DELIVERY_STORE_H

#include "ctx.h"
#include "fcgi/contracts/deliveries.h"
#include "shape.h"
#include "transitions.h"

/* Who changes a state. */
struct actor {
	const char *by; /* service, courier, admin, customer, simulator, or guest: nobody said */
	const char *user_id; /* NULL where it is no person, or nobody said */
};

/* One entry of a history: a state, since when, and who brought it about. */
struct change {
	int status; /* enum order_status */
	struct timestamp at;
	const char *by, *user_id; /* as in struct actor */
};

struct delivery {
	bson_oid_t _id, order_id;
	const char *user_id; /* whose order it is; NULL where nobody said (AUTH_REQUIRED=off) */
	int status;          /* enum order_status */
	struct timestamp last_updated;
	struct list history; /* struct change, the oldest first; old records have none, or a part */
	struct timestamp created_at; /* 0: an old record */
	struct timestamp due;        /* when the simulator moves it on; 0: never */
	int streamed;                /* what its stream was told last (stream_store.h alone) */
	int64_t stream_closed;       /* how often its stream was closed since then */
	int64_t stream_wanted;       /* how often somebody began to look */
	const char *request_id, *traceparent; /* of the call that made the order */
	/* Of the call that brought the state about; NULL: it follows from the order itself. */
	const char *change_request_id, *change_traceparent;
};

extern const char delivery_collection[];

/* DELIVERY_STEP_SECONDS: how long an order stays in a state before it is due. Set once, before any
 * thread. */
extern int64_t delivery_step_seconds;

/* ERR_ORDER_NOT_FOUND. */
enum err delivery_get(struct delivery *delivery, struct ctx *ctx,
		      const bson_oid_t *order_id) MUST_CHECK;

/* Makes an order's record, PLACED. ERR_DUPLICATE where it has one; that one stays as it is. */
enum err delivery_start(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			const struct actor *actor) MUST_CHECK;

/* The same for many; those that have a record keep it, and a record without a user gets the
 * order's. */
enum err deliveries_start(struct ctx *ctx, const struct delivery_order *orders, size_t n,
			  const struct actor *actor) MUST_CHECK;

/* Has the work go on under the ids of what brought the delivery's state about. */
void delivery_take_ids(struct ctx *ctx, const struct delivery *delivery);

/* Takes a step to a state: compare and set; the history with it, a new time at which it is due, and
 * that its stream is to be told (stream_store.h). ERR_NO_DOCUMENT where the order isn't in the
 * state from which such a step leads there. */
enum err delivery_move(struct ctx *ctx, const bson_oid_t *order_id, enum step step,
		       enum order_status to, const struct actor *actor) MUST_CHECK;

/* Cancels an order of a user, known here or not: afterwards it has a record, which is CANCELLED. OK
 * also where it was before. ERR_NOT_CANCELLABLE where it is on its way. */
enum err delivery_cancel(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			 const struct actor *actor) MUST_CHECK;

/* ---- many ---- */

/* Narrows a filter to a state, or with STATUS_COUNT to those under way. */
void delivery_append_states(bson_t *filter, enum order_status status);

/* Orders in a state, or with STATUS_COUNT those under way, newest first, behind the order `after`
 * (NULL: from the newest on). ERR_ORDER_NOT_FOUND: there is no such order to begin behind. */
enum err deliveries_list(struct list *deliveries, struct ctx *ctx, enum order_status status,
			 const bson_oid_t *after, size_t limit) MUST_CHECK;

enum { DELIVERIES_DUE_READ = 100 };

/* Moves orders that are due one step on, up to DELIVERIES_DUE_READ of them: *found were due, *moved
 * of them weren't moved by another at the same time. */
enum err deliveries_move_due(size_t *found, int64_t *moved, struct ctx *ctx,
			     const struct actor *actor) MUST_CHECK;

#endif
