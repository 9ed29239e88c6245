#ifndef CART_ORDER_SERVICE_H
#define CART_ORDER_SERVICE_H

#include "req.h"
#include "service.h"

extern const struct service cart_order_service;

/* Handlers of cart_api.c, what they take and what they give. */
extern const struct shape cart_add_in, cart_line_in, cart_user_in, cart_line_out;
handler cart_add, cart_remove, cart_increase, cart_decrease, cart_get;

/* Those of order_api.c; what an order is refused with when its total changed or stock is out. */
extern const struct shape order_create_in, order_in, orders_in, order_view, order_cancelled_out,
    order_out, order_total_out, order_refused_out;
handler order_create, order_get_one, order_cancel, orders_get;

#endif
