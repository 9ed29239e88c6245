#ifndef CART_ORDER_SERVICE_H
#define CART_ORDER_SERVICE_H

#include "req.h"
#include "service.h"

extern const struct service cart_order_service;

/* A user id in the path or the body: what most calls take. */
struct user_in {
	const char *user_id;
};
extern const struct shape user_body_in;

/* Handlers and inputs of cart_api.c. */
extern const struct shape cart_add_in, cart_line_in, cart_user_in;
handler cart_add, cart_remove, cart_increase, cart_decrease, cart_get;

/* Handlers and inputs of order_api.c. */
extern const struct shape orders_in;
handler order_create, orders_get;

#endif
