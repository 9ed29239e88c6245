/* Calls on the status of an order, and the check of who may read it. */
#ifndef STATUS_API_H
#define STATUS_API_H

#include "delivery_store.h"
#include "req.h"

/* {order_id} in the path */
struct delivery_order_in {
	bson_oid_t order_id;
};
extern const struct shape delivery_order_in, status_update_in;
handler delivery_status_get, delivery_status_update;

/* Reads the delivery of an order if the caller may see it: its customer, staff, a service, or any
 * caller without a token. ERR_ORDER_NOT_FOUND also for other callers, so that they cannot probe
 * ids. */
enum err delivery_visible(struct delivery *delivery, struct req *rq,
			  const bson_oid_t *order_id) MUST_CHECK;

#endif
