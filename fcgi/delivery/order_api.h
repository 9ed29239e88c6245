/* Calls of the cart & order service, on the internal listener only. */
#ifndef DELIVERY_ORDER_API_H
#define DELIVERY_ORDER_API_H

#include "req.h"

handler orders_post, delivery_order_get, delivery_order_cancel;

#endif
