/* The indexes of cart_db. */
#ifndef CART_ORDER_INDEXES_H
#define CART_ORDER_INDEXES_H

#include "db_index.h"

extern const struct db_indexes cart_order_indexes;

#endif
