/* Records that were made without a user. */
#ifndef DELIVERY_ADOPT_STORE_H
#define DELIVERY_ADOPT_STORE_H

#include "delivery_store.h"

/* Sets the user of these orders' records where a record has none: it was made by a call without a
 * token (AUTH_REQUIRED=off), before this service was notified of the order. */
enum err deliveries_adopt(struct ctx *ctx, const struct delivery_order *const *orders,
			  size_t n) MUST_CHECK;

#endif
