/* Deliveries in the database: delivery_db.order_status, one document for each order. */
#ifndef DELIVERY_STORE_H
#define DELIVERY_STORE_H

#include "ctx.h"
#include "fcgi/contracts/deliveries.h"
#include "shape.h"
#include "transitions.h"

/* The program or person that changes a status. */
struct actor {
	const char *by; /* service, courier, admin, customer, simulator; guest: without a token */
	const char *user_id; /* NULL: a program, or without a token */
};

/* An entry of a delivery's history. */
struct change {
	int status; /* enum order_status */
	struct timestamp at;
	const char *by, *user_id; /* as in struct actor */
};

struct delivery {
	bson_oid_t _id, order_id;
	const char *user_id; /* the customer; NULL: not known (AUTH_REQUIRED=off) */
	int status;          /* enum order_status */
	struct timestamp last_updated;
	struct list history; /* struct change, the oldest first; empty or incomplete in documents of
				versions that stored no history */
	struct timestamp created_at; /* 0: not stored by those versions */
	struct timestamp deadline;   /* the simulator moves the delivery after this; 0: never */
	int published;               /* enum order_status: the last published; stream_store.h */
	int64_t closes;              /* how often its channel was closed since then */
	int64_t replay_requests;     /* how often a client subscribed */
	const char *request_id, *traceparent; /* of the call that created the order */
	/* Of the call that caused the status; NULL: no call did, or the one that created the order.
	 */
	const char *change_request_id, *change_traceparent;
};

extern const char delivery_collection[];

/* DELIVERY_STEP_SECONDS: time from a change of the status to the simulator's next one. Set once,
 * before threads start. */
extern int64_t delivery_step_seconds;

/* ERR_ORDER_NOT_FOUND. */
enum err delivery_get(struct delivery *delivery, struct ctx *ctx,
		      const bson_oid_t *order_id) MUST_CHECK;

/* Creates an order's delivery in the status PLACED. ERR_DUPLICATE: it exists, and is unchanged. */
enum err delivery_create(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			 const struct actor *actor) MUST_CHECK;

/* Creates many deliveries. Existing ones are unchanged, except that one without a user gets the
 * order's user. */
enum err deliveries_create(struct ctx *ctx, const struct delivery_order *orders, size_t n,
			   const struct actor *actor) MUST_CHECK;

/* Sets the context's trace and request id to those of the call that caused the delivery's status.
 */
void delivery_set_trace(struct ctx *ctx, const struct delivery *delivery);

/* Moves a delivery to a status by compare-and-set: the same update adds to the history, sets the
 * simulator's next deadline, and marks the status as not published (stream_store.h).
 * ERR_NO_DOCUMENT: unknown order, or no such step leads from its status to `to`. */
enum err delivery_move(struct ctx *ctx, const bson_oid_t *order_id, enum step step,
		       enum order_status to, const struct actor *actor) MUST_CHECK;

/* Cancels a user's order. An unknown order gets a delivery that is CANCELLED. Idempotent.
 * ERR_NOT_CANCELLABLE: the order has left PLACED on its way to the customer. */
enum err delivery_cancel(struct ctx *ctx, const bson_oid_t *order_id, const char *user_id,
			 const struct actor *actor) MUST_CHECK;

/* ---- many ---- */

/* Adds a condition to a filter: deliveries in a status, or under way for STATUS_COUNT. */
void delivery_append_status_filter(bson_t *filter, enum order_status status);

/* Lists deliveries in a status, or under way for STATUS_COUNT, newest first, starting after the
 * order `after` (NULL: from the newest). ERR_ORDER_NOT_FOUND: `after` is unknown. */
enum err deliveries_list(struct list *deliveries, struct ctx *ctx, enum order_status status,
			 const bson_oid_t *after, size_t limit) MUST_CHECK;

enum { DELIVERIES_OVERDUE_READ = 100 };

/* Moves deliveries that are past their deadline one step, at most DELIVERIES_OVERDUE_READ.
 * *found: how many were read; *moved: how many this call moved, without those that another process
 * moved first. */
enum err deliveries_move_overdue(size_t *found, int64_t *moved, struct ctx *ctx,
				 const struct actor *actor) MUST_CHECK;

#endif
