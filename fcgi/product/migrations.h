/* What older versions wrote to product_db, and how it gets the form of today. */
#ifndef PRODUCT_MIGRATIONS_H
#define PRODUCT_MIGRATIONS_H

#include "db_migrate.h"

extern const struct migrations product_migrations;

#endif
