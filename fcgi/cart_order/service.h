/* The cart & order service's tables. */
#ifndef CART_ORDER_SERVICE_H
#define CART_ORDER_SERVICE_H

#include "lib/service/service.h"

extern const struct service cart_order_service;

#endif
