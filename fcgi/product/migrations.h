/* Migrations of documents in product_db that older versions wrote. */
#ifndef PRODUCT_MIGRATIONS_H
#define PRODUCT_MIGRATIONS_H

#include "db_migrate.h"

extern const struct migrations product_migrations;

#endif
