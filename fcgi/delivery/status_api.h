/* Calls on the status of an order, and who may see it. */
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

/* The record of an order that the caller may see: its owner, or staff. ERR_ORDER_NOT_FOUND also
 * for any other caller, so that ids cannot be probed. */
enum err delivery_visible(struct delivery *delivery, struct req *rq,
			  const bson_oid_t *order_id) MUST_CHECK;

#endif
