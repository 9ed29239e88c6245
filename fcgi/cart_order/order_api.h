/* The order routes: shapes and handlers for the service's route table. */
#ifndef ORDER_API_H
#define ORDER_API_H

#include "req.h"

extern const struct shape order_create_in, order_in, orders_in, order_view, order_cancelled_out,
    order_out;
/* Details of a refused order: the present total, or the products that are out of stock. */
extern const struct shape order_total_out, order_refused_out;
handler order_create, order_get_one, order_cancel, orders_get;

#endif
