/* What the files of the service share: the routes' inputs and handlers, and who may see what. */
#ifndef DELIVERY_SERVICE_H
#define DELIVERY_SERVICE_H

#include <stdbool.h>

#include "delivery_store.h"
#include "req.h"

/* {order_id} in the path */
struct delivery_order_in {
	bson_oid_t order_id;
};
extern const struct shape delivery_order_in;

/* delivery_api.c */
/* The record of an order that the caller may see: its owner, or staff. ERR_ORDER_NOT_FOUND also
 * where he may not, so that ids can't be probed. */
enum err delivery_visible(struct delivery *delivery, struct req *rq,
			  const bson_oid_t *order_id) MUST_CHECK;

/* orders_api.c */
extern const struct shape told_orders_in;
enum err orders_post(struct req *rq);

/* tracking_api.c */
/* STREAMS_PER_USER, 0: any number; RATE_LIMIT=off: not enforced. Set once, before any
 * thread. */
extern int64_t streams_per_user;
extern bool streams_limited;
extern const struct shape events_in;
enum err events_get(struct req *rq);
enum err streams_authorize(struct req *rq); /* for nginx: who may tell streams something */

/* staff_api.c */
extern const struct shape deliveries_in;
enum err deliveries_get(struct req *rq);

#endif
