/* Calls on orders: what they take and what they answer. */
#ifndef ORDER_API_H
#define ORDER_API_H

#include "req.h"

extern const struct shape order_create_in, order_in, orders_in, order_view, order_cancelled_out,
    order_out;
/* Members of an order's refusal: its total changed, or stock is out. */
extern const struct shape order_total_out, order_refused_out;
handler order_create, order_get_one, order_cancel, orders_get;

#endif
