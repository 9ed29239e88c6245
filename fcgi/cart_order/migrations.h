/* Migrations of documents in cart_db that older versions wrote. */
#ifndef CART_ORDER_MIGRATIONS_H
#define CART_ORDER_MIGRATIONS_H

#include "db_migrate.h"

extern const struct migrations cart_order_migrations;

#endif
