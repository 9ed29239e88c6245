/* Deliveries that were created without a user. */
#ifndef DELIVERY_OWNER_STORE_H
#define DELIVERY_OWNER_STORE_H

#include "delivery_store.h"

/* Sets the user of each order's delivery if it has none. A request without a token
 * (AUTH_REQUIRED=off) may have created the delivery before this service was notified of the order.
 * Orders without a user and unknown orders are skipped. */
enum err deliveries_set_missing_users(struct ctx *ctx, const struct delivery_order *const *orders,
				      size_t n) MUST_CHECK;

#endif
