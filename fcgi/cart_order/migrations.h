/* What older versions wrote to cart_db, and how it gets the form of today. */
#ifndef CART_ORDER_MIGRATIONS_H
#define CART_ORDER_MIGRATIONS_H

#include "db_migrate.h"

extern const struct migrations cart_order_migrations;

#endif
