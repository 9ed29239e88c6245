#ifndef CART_ORDER_SERVICE_H
#define CART_ORDER_SERVICE_H

#include "req.h"
#include "service.h"

extern const struct service cart_order_service;

/* Handlers and inputs of cart_api.c. */
extern const struct shape cart_add_in, cart_line_in, cart_user_in;
handler cart_add, cart_remove, cart_increase, cart_decrease, cart_get;

/* Handlers and inputs of order_api.c. */
extern const struct shape order_create_in, order_in, orders_in;
handler order_create, order_get_one, order_cancel, orders_get;

#endif
